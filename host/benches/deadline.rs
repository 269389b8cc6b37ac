//! How late a plugin that never answers is stopped, in ticks of the clock that deadlines are counted in: at most two is the
//! aim. Short deadlines show how late one is noticed, and long ones whether the clock keeps time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, StringArray};
use moretta::batch::ColumnType;
use moretta::lend::LentKey;
use moretta::plugin::{CallError, Engine, GuestFault, Limits, MaskCall, Package, Plugin};

/// A deadline in milliseconds, and how many calls are measured under it.
const MEASURED: [(u64, usize); 3] = [(10, 300), (100, 30), (2_000, 3)];

fn plugin(limits: Limits) -> Plugin {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/guests/packed/hostile.wasm");
    let package = Package::read("hostile", std::fs::read(path).unwrap()).unwrap();
    Plugin::load(&Engine::new(limits, None).unwrap(), package).unwrap()
}

/// How long after its deadline a call of an infinite loop comes back, in ticks.
fn lateness(plugin: &Plugin, limits: &Limits) -> f64 {
    let column: ArrayRef = Arc::new(StringArray::from(vec!["Ada"]));
    let call = MaskCall {
        transform: "spin",
        config: "{}",
        reference_date: None,
        columns: &[(column, ColumnType::Text)],
        produced: &[ColumnType::Text],
        context: &[],
    };
    let started = Instant::now();
    let stopped = plugin.mask(&call, LentKey::None).map(|answer| answer.columns.len());
    let took = started.elapsed();
    assert!(matches!(stopped, Err(CallError::Guest(GuestFault::Deadline { .. }))), "{stopped:?}");
    (took.as_secs_f64() - limits.deadline.as_secs_f64()) / limits.tick.as_secs_f64()
}

fn main() {
    for (deadline, calls) in MEASURED {
        let limits = Limits { deadline: Duration::from_millis(deadline), ..Limits::default() };
        let plugin = plugin(limits);
        let mut late: Vec<f64> = (0..calls).map(|_| lateness(&plugin, &limits)).collect();
        late.sort_by(f64::total_cmp);
        let (median, worst) = (late[calls / 2], late[calls - 1]);
        println!(
            "an infinite loop under a deadline of {deadline} ms, {calls} times: stopped {median:.2} ticks late, \
             {worst:.2} at worst (aim: 2 or less; a tick is {} ms)",
            limits.tick.as_millis()
        );
    }
}
