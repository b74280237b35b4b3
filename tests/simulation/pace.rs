//! What many workers do together when the app asks for patience, or is away for some time, measured under a virtual clock.

use super::scheduler::Baton;
use ixscript::api;
use ixscript::base::cancel::Cancel;
use ixscript::base::mask::Secrets;
use ixscript::base::sync::{self, Threads};
use ixscript::calls::{Calls, Failure, Policy};
use ixscript::client::{BaseUrl, OnStop, RawReply, SendError, Transport};
use serde_json::Map;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const LATENCY: Duration = Duration::from_millis(10);
const DONE: &str = r#"{"error":{"code":0},"data":{"total":0,"data":[]}}"#;
const TOO_FAST: &str = r#"{"error":{"code":1010}}"#;

/// When which reply was given: whether the call was accepted, and nothing where nobody was there.
type Log = Vec<(Duration, Option<bool>)>;

/// How an app counts calls.
#[derive(Debug, Clone, Copy)]
enum Counts {
    /// So many within each second.
    InWindows,
    /// Each call takes a token of a bucket that holds those of a second, and is filled all the time.
    InBucket,
}

/// An app in virtual time.
struct Server {
    url: BaseUrl,
    baton: Arc<Baton>,
    answer: Box<dyn Fn(Duration) -> Option<bool> + Send + Sync>,
    log: Arc<Mutex<Log>>,
}

impl Transport for Server {
    fn url(&self) -> &BaseUrl {
        &self.url
    }

    fn in_flight(&self) -> usize {
        0
    }

    fn send(&self, _: &str, _: &[u8], _: OnStop) -> Result<RawReply, SendError> {
        let wait = |time| Cancel::default().sleep(time).unwrap();
        wait(LATENCY / 2);
        let now = self.baton.elapsed();
        let answer = (self.answer)(now);
        self.log.lock().unwrap().push((now, answer));
        wait(LATENCY / 2);
        let body = match answer {
            Some(true) => DONE,
            Some(false) => TOO_FAST,
            None => return Err(SendError::NotConnected("nothing listens there".to_owned())),
        };
        Ok(RawReply { status: 200, body: body.as_bytes().to_vec() })
    }
}

/// What came of the calls of some workers.
struct Outcome {
    log: Log,
    failures: Vec<Failure>,
}

/// Lets workers make calls one after the other until `end`, or until one of them fails for good.
fn work(
    jobs: usize,
    seed: u64,
    end: Duration,
    answer: impl Fn(Duration) -> Option<bool> + Send + Sync + 'static,
) -> Outcome {
    let baton = Baton::new(seed, Duration::ZERO, 0);
    sync::install(Some(baton.clone()));
    fastrand::seed(seed);
    let url = BaseUrl::parse("http://127.0.0.1:1/", false).unwrap();
    let policy = Policy {
        retries: 4,
        allow_destructive: false,
        max_writes: None,
        interval: Duration::ZERO,
        is_dry: false,
    };
    let log = Arc::default();
    let server = Server { url, baton: baton.clone(), answer: Box::new(answer), log: Arc::clone(&log) };
    let calls = Calls::new(server, policy, Cancel::default(), Secrets::default());
    let list = api::by_function("list_groups").unwrap();
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let threads = Threads::default();
        for _ in 0..jobs {
            threads.start(scope, std::thread::Builder::new(), || {
                while baton.elapsed() < end {
                    let Err(failure) = calls.call(list, Map::new()) else { continue };
                    let is_last = failure.stops_the_run();
                    failures.lock().unwrap().push(failure);
                    if is_last {
                        break;
                    }
                }
            });
        }
        threads.join();
    });
    let is_stuck = baton.is_stuck();
    sync::install(None);
    assert!(!is_stuck);
    let log = std::mem::take(&mut *log.lock().unwrap());
    Outcome { log, failures: failures.into_inner().unwrap() }
}

/// Accepts so many calls a second; windows begin `offset` before the first call.
fn accept(counts: Counts, rate: u32, offset: f64) -> impl Fn(Duration) -> Option<bool> + Send + Sync {
    let full = f64::from(rate);
    let state = Mutex::new((0.0_f64, full));
    move |now: Duration| {
        let mut state = state.lock().unwrap();
        let (last, tokens) = *state;
        let now = now.as_secs_f64() + offset;
        let tokens = match counts {
            Counts::InWindows if now.floor() > last.floor() => full,
            Counts::InWindows => tokens,
            Counts::InBucket => (tokens + (now - last) * full).min(full),
        };
        let is_accepted = tokens >= 1.0;
        *state = (now, if is_accepted { tokens - 1.0 } else { tokens });
        Some(is_accepted)
    }
}

#[test]
fn workers_find_the_rate_of_an_app_and_are_seldom_refused() {
    const TIME: Duration = Duration::from_secs(60);
    const SETTLED: Duration = Duration::from_secs(10);
    for counts in [Counts::InWindows, Counts::InBucket] {
        for (rate, jobs) in [5, 20, 100].into_iter().flat_map(|rate| [(rate, 4), (rate, 8)]) {
            for seed in 1..=2 {
                let offset = fastrand::Rng::with_seed(seed).f64();
                let outcome = work(jobs, seed, TIME, accept(counts, rate, offset));
                let shown = format!("{counts:?}, {rate} a second, {jobs} jobs, seed {seed}");
                let count = |since, accepted| {
                    let replies = outcome.log.iter().filter(|(at, _)| (since..TIME).contains(at));
                    replies.filter(|(_, is_accepted)| *is_accepted == Some(accepted)).count() as f64
                };
                let reached = count(Duration::ZERO, true) / TIME.as_secs_f64() / f64::from(rate);
                let refused = count(SETTLED, false) / (count(SETTLED, true) + count(SETTLED, false));
                println!("{shown}: {reached:.3} reached, {:.2} % refused", 100.0 * refused);
                assert_eq!(outcome.failures, [], "{shown}");
                assert!(reached >= 0.90, "{shown}: {reached:.3} of the rate");
                assert!(refused <= 0.03, "{shown}: {refused:.3} refused");
            }
        }
    }
}

#[test]
fn an_app_that_is_away_for_some_seconds_fails_no_call_whatever_the_number_of_jobs() {
    let away = Duration::from_secs(2)..Duration::from_secs(8);
    for jobs in [1, 3, 8, 64] {
        let range = away.clone();
        let is_there = move |now| (!range.contains(&now)).then_some(true);
        let outcome = work(jobs, 1, Duration::from_secs(9), is_there);
        assert_eq!(outcome.failures, [], "{jobs} jobs");
        // The calls in flight when it went away, and then only the probe.
        let missed = outcome.log.iter().filter(|(_, answer)| answer.is_none()).count();
        assert!((jobs..jobs + 100).contains(&missed), "{jobs} jobs: {missed}");
        assert!(outcome.log.last().unwrap().1.is_some());
    }
}

#[test]
fn an_app_that_stays_away_ends_every_worker_after_three_probes() {
    let away = Duration::from_secs(2);
    for jobs in [1, 3, 8, 64] {
        let outcome = work(jobs, 1, Duration::MAX, move |now| (now < away).then_some(true));
        let ending = outcome.failures.iter().filter(|failure| failure.stops_the_run()).count();
        assert_eq!(ending, jobs, "{jobs} jobs");
        // Two probes have failed before, and with the first one what was in flight besides it at most.
        assert!(
            (jobs + 2..=2 * jobs + 1).contains(&outcome.failures.len()),
            "{jobs} jobs: {}",
            outcome.failures.len()
        );
    }
}
