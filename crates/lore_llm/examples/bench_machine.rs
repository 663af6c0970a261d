//! What this machine can do at most: the limits that the other benches are held against.
//!
//! ```sh
//! cargo xtask bench machine
//! ```
//!
//! Multiplications and additions a second of f32 and of eight-bit numbers, from registers only, and
//! bytes a second from memory; on as many threads as rayon has. Knows the fastest instructions of
//! x86-64 only; elsewhere it measures memory alone.

use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

use anyhow::Result;
use lore_llm::kernels::Team;
use serde_json::json;

/// Measurements of each case; the best one counts.
const SAMPLES: usize = 7;

/// More than any cache holds.
const NUM_BYTES: usize = 512 << 20;

fn main() -> Result<()> {
    let team = Team::new(rayon::current_num_threads());
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512vnni") {
        let times = |kernel: fn() -> f64| {
            best(|| {
                team.run(team.num_threads(), &|_| {
                    black_box(kernel());
                });
                team.num_threads() as f64 * x86::OPERATIONS
            })
        };
        report("f32 operations", times(x86::single) * 1e-9, "GFLOP/s")?;
        report("8-bit operations", times(x86::eight_bits) * 4e-9, "GOP/s")?;
    }
    let numbers = vec![1u64; NUM_BYTES / size_of::<u64>()];
    let chunks: Vec<&[u64]> = numbers.chunks(1 << 16).collect();
    let bytes = best(|| {
        team.run(chunks.len(), &|index| {
            black_box(chunks[index].iter().fold(0, |sum, number| sum ^ number));
        });
        NUM_BYTES as f64
    });
    report("memory, read", bytes * 1e-9, "GB/s")
}

/// The most units a second of several runs.
fn best(mut run: impl FnMut() -> f64) -> f64 {
    let speeds = (0..SAMPLES).map(|_| {
        let began = Instant::now();
        let units = run();
        units / began.elapsed().as_secs_f64()
    });
    speeds.fold(0.0, f64::max)
}

fn report(case: &str, ours: f64, unit: &str) -> Result<()> {
    let line = json!({
        "bench": "machine", "case": case, "ours": ours, "reference": null, "ratio": null,
        "unit": unit, "samples": SAMPLES,
    });
    writeln!(std::io::stdout(), "{line}")?;
    writeln!(std::io::stderr(), "{case:20} {ours:9.1} {unit}")?;
    Ok(())
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![expect(unsafe_code, reason = "calls functions compiled for more instructions")]

    use std::arch::x86_64::{
        _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_reduce_add_epi32, _mm512_reduce_add_ps,
        _mm512_set1_epi8, _mm512_set1_ps, _mm512_setzero_si512,
    };
    use std::hint::black_box;

    const ROUNDS: usize = 4_000_000;
    /// Sums side by side, more than an instruction takes cycles.
    const SUMS: usize = 12;

    /// Multiplications and additions of f32 in one call; those of bytes are four times as many.
    pub(super) const OPERATIONS: f64 = (ROUNDS * SUMS * 16 * 2) as f64;

    pub(super) fn single() -> f64 {
        // SAFETY: `main` saw that the processor has AVX-512.
        unsafe { single_avx512() }
    }

    pub(super) fn eight_bits() -> f64 {
        // SAFETY: `main` saw that the processor has AVX-512 and VNNI.
        unsafe { eight_bits_avx512() }
    }

    #[target_feature(enable = "avx512f")]
    fn single_avx512() -> f64 {
        let factor = _mm512_set1_ps(black_box(1e-9));
        let mut sums = [_mm512_set1_ps(1.0); SUMS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(factor, factor, *sum);
            }
        }
        let sums = sums.iter().map(|sum| f64::from(_mm512_reduce_add_ps(*sum)));
        sums.sum()
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn eight_bits_avx512() -> f64 {
        let factor = _mm512_set1_epi8(black_box(1));
        let mut sums = [_mm512_setzero_si512(); SUMS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm512_dpbusd_epi32(*sum, factor, factor);
            }
        }
        let sums = sums
            .iter()
            .map(|sum| f64::from(_mm512_reduce_add_epi32(*sum)));
        sums.sum()
    }
}
