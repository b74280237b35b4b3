//! How near workers come to the rate of an app that does not tell it. `cargo bench --bench pace` runs it.
//!
//! Against the simulator, which accepts 5, 20 or 100 calls in a second and refuses the others: with 4 and 8 jobs at least 0.90 of
//! that, and after ten seconds at most 3 % of the calls refused. The simulation measures the same under a virtual clock; here the
//! clock, the threads and the connections are real. The bench fails when a bar is missed.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use ixscript::api;
use ixscript::base::cancel::Cancel;
use ixscript::base::mask::Secrets;
use ixscript::calls::{Calls, Event, Policy};
use ixscript::client::{BaseUrl, Client, Settings};
use ixscript::sim::{Config, Options, Simulator};
use serde_json::Map;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const TIME: Duration = Duration::from_secs(60);
const SETTLED: Duration = Duration::from_secs(10);

fn main() {
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    // All at once: none of them keeps a core busy.
    let is_good = std::thread::scope(|scope| {
        let cases = [5, 20, 100].into_iter().flat_map(|rate| [4, 8].map(|jobs| (rate, jobs)));
        let running: Vec<_> =
            cases.map(|(rate, jobs)| scope.spawn(move || is_fast_enough(rate, jobs))).collect();
        running.into_iter().fold(true, |is_good, case| case.join().unwrap() & is_good)
    });
    if !is_good {
        // A missed bar fails the command.
        panic!("a bar was missed");
    }
}

fn is_fast_enough(rate: u32, jobs: usize) -> bool {
    let options = Options { pace: Some(rate), ..Options::default() };
    let app = Simulator::start(Config { options, ..Config::default() }).unwrap();
    let url = BaseUrl::parse(app.url(), false).unwrap();
    let settings = Settings { url, connect_timeout: Duration::from_secs(2), timeout: TIME };
    let policy = Policy {
        retries: 4,
        allow_destructive: false,
        max_writes: None,
        interval: Duration::ZERO,
        is_dry: false,
    };
    let (cancel, began) = (Cancel::default(), Instant::now());
    let (accepted, accepted_later, refused_later) =
        (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let counts = [&accepted, &accepted_later, &refused_later].map(Arc::clone);
    let calls = Calls::new(Client::new(settings, &cancel), policy, cancel, Secrets::default());
    let calls = calls.observed(move |event| {
        let is_later = began.elapsed() > SETTLED;
        let add = |count: &AtomicU32, adds: bool| count.fetch_add(u32::from(adds), Ordering::Relaxed);
        match event {
            Event::Done { .. } => {
                add(&counts[0], true);
                add(&counts[1], is_later);
            }
            Event::Retrying { .. } => drop(add(&counts[2], is_later)),
            _ => {}
        }
    });
    let list = api::by_function("list_groups").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while began.elapsed() < TIME {
                    calls.call(list, Map::new()).unwrap();
                }
            });
        }
    });

    let count = |count: &AtomicU32| f64::from(count.load(Ordering::Relaxed));
    let reached = count(&accepted) / began.elapsed().as_secs_f64() / f64::from(rate);
    let refused = count(&refused_later) / (count(&refused_later) + count(&accepted_later));
    println!(
        "{rate} calls a second, {jobs} jobs: {reached:.2} reached (bar 0.90), {:.1} % refused (bar 3)",
        100.0 * refused
    );
    reached >= 0.90 && refused <= 0.03
}
