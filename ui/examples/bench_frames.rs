//! Times whole frames of heavy pages without a window: `cargo xtask bench frames`.
//!
//! A frame is everything the processor does for it: taking in answers, laying out, painting into
//! shapes and cutting those into triangles. What the graphics card does afterwards is not in it. The
//! reference is the time a display of 60 pictures a second leaves for a frame.

use std::io::Write as _;
use std::time::{Duration, Instant};

use egui::{Context, Event, Key, Modifiers, RawInput, Rect, pos2, vec2};
use lore_protocol::{JobRequest, JobResponse, MetricPoint, Request, Response};
use lore_ui::backend::{Sample, ScriptedBackend};
use lore_ui::{LoreApp, PageId, Route};

/// Frames that are timed, after as many that are not.
const SAMPLES: usize = 120;
/// Seconds a display of 60 Hz leaves.
const BUDGET: f64 = 1.0 / 60.0;
/// Trajectories in the long list.
const NUM_ROWS: usize = 100_000;
/// Points of the long curve.
const NUM_POINTS: u64 = 50_000;

/// An application in front of a window that is not there.
struct Bench {
    ctx: Context,
    app: LoreApp,
    secs: f64,
}

impl Bench {
    fn new(core: ScriptedBackend, route: Route) -> Self {
        let ctx = Context::default();
        let mut app = LoreApp::new(&ctx, Box::new(core));
        app.go(route);
        let mut bench = Self {
            ctx,
            app,
            secs: 0.0,
        };
        for _ in 0..10 {
            bench.frame(Vec::new());
        }
        bench
    }

    /// One frame, and how long it took.
    fn frame(&mut self, events: Vec<Event>) -> Duration {
        self.secs += BUDGET;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1280.0, 800.0))),
            time: Some(self.secs),
            events,
            ..RawInput::default()
        };
        let start = Instant::now();
        let mut output = self.ctx.run_ui(input, |ui| self.app.draw(ui));
        let triangles = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let took = start.elapsed();
        drop(triangles);
        // No graphics card takes them; egui insists on hearing that this is meant.
        output.textures_delta.clear();
        took
    }

    /// The middle and the 99th of a hundred frames, in seconds.
    fn measure(&mut self, mut events: impl FnMut() -> Vec<Event>) -> (f64, f64) {
        for _ in 0..SAMPLES {
            self.frame(events());
        }
        let mut times: Vec<f64> = (0..SAMPLES)
            .map(|_| self.frame(events()).as_secs_f64())
            .collect();
        times.sort_by(f64::total_cmp);
        (times[SAMPLES / 2], times[SAMPLES * 99 / 100])
    }
}

fn main() -> std::io::Result<()> {
    let mut list = Bench::new(long_list(), PageId::Trajectories.route());
    list.frame(vec![Event::PointerMoved(pos2(700.0, 500.0))]);
    report("100,000 trajectories, at rest", list.measure(Vec::new))?;
    report("100,000 trajectories, scrolling", list.measure(scroll))?;
    let mut curves = Bench::new(long_curve(), PageId::Train.route());
    curves.frame(vec![key(Key::Num2, Modifiers::ALT)]);
    report("four curves of 50,000 points", curves.measure(Vec::new))?;
    for page in PageId::ALL {
        let mut bench = Bench::new(ScriptedBackend::new(Sample::busy()), page.route());
        report(page.label(), bench.measure(Vec::new))?;
    }
    Ok(())
}

fn long_list() -> ScriptedBackend {
    let mut sample = Sample::busy();
    sample.rows = sample.rows.iter().cycle().take(NUM_ROWS).cloned().collect();
    ScriptedBackend::new(sample)
}

fn long_curve() -> ScriptedBackend {
    let core = ScriptedBackend::new(Sample::busy());
    core.answer(|request| {
        let Request::Job(JobRequest::Series { job, name, .. }) = request else {
            return None;
        };
        let point = |step: u64| MetricPoint {
            step,
            value: 2.0 / (1.0 + step as f64 / 5000.0) + (step as f64 * 0.7).sin() * 0.1,
        };
        Some(Ok(Response::Job(JobResponse::Series {
            job: job.clone(),
            name: name.clone(),
            points: (1..=NUM_POINTS).map(point).collect(),
        })))
    });
    core
}

fn scroll() -> Vec<Event> {
    vec![Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, -90.0),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
        source: egui::MouseWheelSource::Wheel,
    }]
}

fn key(key: Key, modifiers: Modifiers) -> Event {
    Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers,
    }
}

fn report(case: &str, (middle, worst): (f64, f64)) -> std::io::Result<()> {
    let line = serde_json::json!({
        "bench": "frames",
        "case": case,
        "ours": middle,
        "worst": worst,
        "reference": BUDGET,
        "ratio": middle / BUDGET,
        "unit": "s/frame",
        "samples": SAMPLES,
    });
    writeln!(std::io::stdout(), "{line}")?;
    let (middle, worst) = (middle * 1e3, worst * 1e3);
    writeln!(
        std::io::stderr(),
        "{case:<36} {middle:>7.2} ms, 99th {worst:>7.2} ms"
    )
}
