//! Threads that stand ready to share short work.
//!
//! Writing one token is hundreds of products of a few microseconds each. Waking a thread through the
//! operating system takes longer than such a product, so the members of a team look for new work for
//! a moment before they go to sleep. A member that sleeps or has no processor is not waited for: what
//! it does not take, the others do.

use std::any::Any;
use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};

/// Looks at the state before a member goes to sleep: some 50 µs.
const LOOKS: usize = 2_000;

/// Looks before somebody who waits for others lets them have the processor.
const LOOKS_BEFORE_YIELD: usize = 10_000;

/// Set in the state while the current work may be joined. Below it the number of members that work,
/// above it the number of the work.
const OPEN: u64 = 1 << 16;
const MEMBERS: u64 = OPEN - 1;
const ONE_WORK: u64 = 1 << 17;

/// The caller and some threads of its own.
pub struct Team {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// Held while work is shared.
    turn: Mutex<()>,
}

/// Work on numbered tasks, valid only while it is joined.
type Work = *const (dyn Fn(usize) + Sync);

struct Shared {
    /// See [`OPEN`].
    state: AtomicU64,
    work: UnsafeCell<Option<Work>>,
    num_tasks: AtomicUsize,
    /// The next task that nobody has taken.
    next: AtomicUsize,
    /// What a task panicked with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    is_over: AtomicBool,
    /// How many members sleep, and what wakes them.
    sleeping: Mutex<usize>,
    num_sleeping: AtomicUsize,
    wake: Condvar,
}

#[expect(
    unsafe_code,
    reason = "a pointer to work travels between threads, guarded by `state`"
)]
// SAFETY: `work` is written only by `Team::run` while the state is closed and no member works, and
// read only by members that joined; the joining exchange (acquire) sees what the opening (release)
// published. What it points to is `Sync`. Everything else synchronises itself.
unsafe impl Sync for Shared {}

#[expect(unsafe_code, reason = "see `Sync`")]
// SAFETY: as above; nothing in it belongs to one thread.
unsafe impl Send for Shared {}

impl std::fmt::Debug for Team {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Team of {}", self.num_threads())
    }
}

impl Team {
    /// A team of this many threads, the caller's among them. Fewer where the system gives none.
    pub fn new(num_threads: usize) -> Self {
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            work: UnsafeCell::new(None),
            num_tasks: AtomicUsize::new(0),
            next: AtomicUsize::new(0),
            panic: Mutex::new(None),
            is_over: AtomicBool::new(false),
            sleeping: Mutex::new(0),
            num_sleeping: AtomicUsize::new(0),
            wake: Condvar::new(),
        });
        let threads = (1..num_threads)
            .filter_map(|number| {
                let shared = Arc::clone(&shared);
                thread::Builder::new()
                    .name(format!("arithmetic {number}"))
                    .spawn(move || shared.serve())
                    .ok()
            })
            .collect();
        Self {
            shared,
            threads,
            turn: Mutex::new(()),
        }
    }

    /// Threads, the caller's among them.
    pub fn num_threads(&self) -> usize {
        self.threads.len() + 1
    }

    /// Calls `task` once for every number below `num_tasks`, on whichever threads are free, and
    /// returns when all calls have. A call from within a task runs on its own thread alone.
    ///
    /// Panics when a task does.
    pub fn run(&self, num_tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        if num_tasks < 2 || self.threads.is_empty() {
            return (0..num_tasks).for_each(task);
        }
        let _turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return (0..num_tasks).for_each(task),
        };
        self.shared.open(num_tasks, task);
        // Waits for the members even when a task of ours panics: they still hold a pointer to it.
        let closing = Closing(&self.shared);
        self.shared.work_on(task, num_tasks);
        drop(closing);
        let panic = locked(&self.shared.panic).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        self.shared.wake_all();
        for thread in self.threads.drain(..) {
            // A member catches the panics of tasks and has none of its own.
            thread.join().ok();
        }
    }
}

/// Ends the current work when dropped: lets nobody join any more and waits for those who have.
struct Closing<'a>(&'a Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        // Nobody takes a task any more; this matters when a task of the caller panicked.
        self.0.next.store(usize::MAX / 2, Ordering::Relaxed);
        self.0.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut looks = 0;
        while self.0.state.load(Ordering::Acquire) & MEMBERS != 0 {
            pause(&mut looks);
        }
    }
}

impl Shared {
    /// Publishes work. The caller holds the turn, so the state is closed and no member works.
    fn open(&self, num_tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        self.publish(task);
        self.num_tasks.store(num_tasks, Ordering::Relaxed);
        self.next.store(0, Ordering::Relaxed);
        let number = self.state.load(Ordering::Relaxed) & !(OPEN | MEMBERS);
        // Sequentially consistent, as is the look at who sleeps: either we see a member that is
        // about to sleep, or it sees the work.
        self.state
            .store(number.wrapping_add(ONE_WORK) | OPEN, Ordering::SeqCst);
        if self.num_sleeping.load(Ordering::SeqCst) > 0 {
            self.wake_all();
        }
    }

    #[expect(unsafe_code, reason = "forgets how long the work lives")]
    fn publish(&self, task: &(dyn Fn(usize) + Sync)) {
        // SAFETY: only the lifetime changes. The pointer is followed by members that joined, and
        // `Closing` does not let `Team::run` return before the last of them has left.
        let task = unsafe {
            std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(task)
        };
        // SAFETY: see `Sync`: nobody reads while the state is closed.
        unsafe { *self.work.get() = Some(&raw const *task) };
    }

    /// A member's life.
    fn serve(&self) {
        let mut last = 0;
        while let Some(number) = self.join(last) {
            last = number;
            self.help();
            self.state.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Waits for work other than number `last` and joins it; `None` when the team is dissolved.
    fn join(&self, last: u64) -> Option<u64> {
        let mut looks = 0;
        loop {
            let state = self.state.load(Ordering::Acquire);
            let number = state & !(OPEN | MEMBERS);
            if state & OPEN != 0 && number != last {
                let joined = self.state.compare_exchange(
                    state,
                    state + 1,
                    Ordering::AcqRel,
                    Ordering::Relaxed,
                );
                if joined.is_ok() {
                    return Some(number);
                }
                continue;
            }
            if self.is_over.load(Ordering::Acquire) {
                return None;
            }
            looks += 1;
            if looks < LOOKS {
                spin_loop();
            } else {
                self.sleep(last);
                looks = 0;
            }
        }
    }

    /// Sleeps until there is work other than number `last`.
    fn sleep(&self, last: u64) {
        let mut sleeping = locked(&self.sleeping);
        *sleeping += 1;
        self.num_sleeping.store(*sleeping, Ordering::SeqCst);
        let has_work = |state: u64| state & OPEN != 0 && state & !(OPEN | MEMBERS) != last;
        if !has_work(self.state.load(Ordering::SeqCst)) && !self.is_over.load(Ordering::Acquire) {
            // Whoever is woken, even for nothing, goes back to looking for work.
            sleeping = self
                .wake
                .wait(sleeping)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *sleeping -= 1;
        self.num_sleeping.store(*sleeping, Ordering::SeqCst);
    }

    fn wake_all(&self) {
        // With the lock, nobody is between looking for work and sleeping.
        drop(locked(&self.sleeping));
        self.wake.notify_all();
    }

    /// Takes tasks of the work that was joined.
    #[expect(unsafe_code, reason = "follows the pointer to the work")]
    fn help(&self) {
        // SAFETY: this member has joined, so the pointer was published for it and what it points to
        // is alive until it leaves; see `publish`.
        let task = unsafe { (*self.work.get()).map(|work| &*work) };
        let num_tasks = self.num_tasks.load(Ordering::Relaxed);
        if let Some(task) = task {
            let result = catch_unwind(AssertUnwindSafe(|| self.work_on(task, num_tasks)));
            if let Err(panic) = result {
                *locked(&self.panic) = Some(panic);
            }
        }
    }

    /// Takes tasks until none is left.
    fn work_on(&self, task: &(dyn Fn(usize) + Sync), num_tasks: usize) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= num_tasks {
                return;
            }
            task(number);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits a moment; lets others have the processor when it takes long.
fn pause(looks: &mut usize) {
    *looks += 1;
    if *looks < LOOKS_BEFORE_YIELD {
        spin_loop();
    } else {
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_done_once() {
        let team = Team::new(3);
        for round in 0..2_000 {
            let num_tasks = round % 7;
            let counts: Vec<AtomicUsize> = (0..num_tasks).map(|_| AtomicUsize::new(0)).collect();
            team.run(num_tasks, &|task| {
                counts[task].fetch_add(1, Ordering::Relaxed);
            });
            assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn members_that_sleep_are_woken() {
        let team = Team::new(2);
        for _ in 0..3 {
            thread::sleep(std::time::Duration::from_millis(5));
            let sum = AtomicUsize::new(0);
            team.run(100, &|task| {
                sum.fetch_add(task, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 4950);
        }
    }

    #[test]
    fn work_within_work_is_done_by_whoever_asks() {
        let team = Team::new(2);
        let sum = AtomicUsize::new(0);
        team.run(4, &|_| {
            team.run(5, &|task| {
                sum.fetch_add(task, Ordering::Relaxed);
            });
        });
        assert_eq!(sum.into_inner(), 40);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_lives_on() {
        let team = Team::new(2);
        let result = catch_unwind(AssertUnwindSafe(|| {
            team.run(64, &|task| assert_ne!(task, 40, "task 40 fails"));
        }));
        assert!(result.is_err());
        let count = AtomicUsize::new(0);
        team.run(8, &|_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 8);
    }
}
