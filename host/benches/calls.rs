//! One column through the sandbox, against the same work done natively on the same buffers.
//!
//! `partial`: the plugin's own loop compiled natively, on a copy as the plugin has one, then a call of the plugin with
//! all limits on, then the whole step with planning, a fresh instance and verification. `pseudonym`: HMAC-SHA-256 called
//! natively for each cell, then the same two. `empty`: what a call costs whatever it is given. `tests/speed.py` prints the
//! ratios.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use moretta::Host;
use moretta::batch::ColumnType;
use moretta::keys::{Keyring, Purpose};
use moretta::lend::LentKey;
use moretta::plugin::{Engine, Limits, MaskCall, Package, Plugin};
use moretta::policy::Policy;
use sha2::Sha256;

const ROWS: [usize; 2] = [8 << 10, 64 << 10];

/// `123-45-6789` and the like: 11 bytes each.
fn column(rows: usize) -> ArrayRef {
    let value = |row: usize| Some(format!("{:03}-{:02}-{:04}", row % 1000, row % 100, row % 10_000));
    Arc::new((0..rows).map(value).collect::<StringArray>())
}

fn plugin(name: &str) -> Plugin {
    let path = format!("{}/../plugins/packed/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    let package = Package::read(name, std::fs::read(path).unwrap()).unwrap();
    Plugin::load(&Engine::new(Limits::default(), None).unwrap(), package).unwrap()
}

fn host(rule: &str) -> Host {
    let text = format!("version: 1\ndomain: bench\nrules:\n  - {rule}\n");
    Host::builder(Policy::parse("bench", &text).unwrap()).ephemeral_keys().build().unwrap()
}

fn config(plugin: &Plugin) -> String {
    let transform = &plugin.manifest().transforms[0];
    serde_json::Value::Object(transform.complete_config(&serde_json::Map::new()).unwrap()).to_string()
}

fn call(plugin: &Plugin, config: &str, column: &ArrayRef, key: LentKey) -> usize {
    let call = MaskCall {
        transform: &plugin.manifest().name,
        config,
        reference_date: None,
        columns: &[(column.clone(), ColumnType::Text)],
        produced: &[ColumnType::Text],
        context: &[],
    };
    plugin.mask(&call, key).unwrap().columns[0].len()
}

fn partial(c: &mut Criterion) {
    let mut group = c.benchmark_group("partial");
    let (plugin, host) = (plugin("partial"), host("{ columns: [v], mask: partial }"));
    let config = config(&plugin);
    let native: ::partial::Config = serde_json::from_str(&config).unwrap();
    for rows in ROWS {
        group.throughput(Throughput::Elements(rows as u64));
        let column = column(rows);
        let batch = RecordBatch::try_from_iter([("v", column.clone())]).unwrap();
        let text = column.as_any().downcast_ref::<StringArray>().unwrap();
        let offsets: Vec<u32> = text.value_offsets().iter().map(|offset| u32::try_from(*offset).unwrap()).collect();
        group.bench_function(BenchmarkId::new("native", rows), |b| {
            b.iter(|| {
                let mut data = black_box(text.value_data()).to_vec();
                let rejections = ::partial::mask_ascii(black_box(&offsets), &mut data, &native);
                (data, rejections)
            });
        });
        group.bench_function(BenchmarkId::new("call", rows), |b| {
            b.iter(|| call(&plugin, &config, black_box(&column), LentKey::None));
        });
        group.bench_function(BenchmarkId::new("verified", rows), |b| b.iter(|| host.mask(batch.clone()).unwrap()));
    }
    group.finish();
}

fn pseudonym(c: &mut Criterion) {
    let mut group = c.benchmark_group("pseudonym");
    let (plugin, host) = (plugin("pseudonym"), host("{ columns: [v], mask: pseudonym, key: k }"));
    let config = config(&plugin);
    let grant = Keyring::ephemeral(&[("k", Purpose::Pseudonym)]).unwrap().pseudonym_key("k", "bench").unwrap();
    let hmac: Hmac<Sha256> = Hmac::new_from_slice(&[7; 32]).unwrap();
    for rows in ROWS {
        group.throughput(Throughput::Elements(rows as u64));
        let column = column(rows);
        let batch = RecordBatch::try_from_iter([("v", column.clone())]).unwrap();
        let text = column.as_any().downcast_ref::<StringArray>().unwrap();
        group.bench_function(BenchmarkId::new("native", rows), |b| {
            b.iter(|| {
                let mut digests = Vec::with_capacity(rows * 10);
                for value in black_box(text).iter().flatten() {
                    let digest = hmac.clone().chain_update(value).finalize().into_bytes();
                    digests.extend_from_slice(&digest[..10]);
                }
                digests
            });
        });
        group.bench_function(BenchmarkId::new("call", rows), |b| {
            b.iter(|| call(&plugin, &config, &column, LentKey::Pseudonym(grant.lend(vec![column.clone()]))));
        });
        group.bench_function(BenchmarkId::new("verified", rows), |b| b.iter(|| host.mask(batch.clone()).unwrap()));
    }
    group.finish();
}

/// A call with a column of no rows: the instance, the crossing and its end.
fn empty(c: &mut Criterion) {
    let plugin = plugin("partial");
    let (config, column) = (config(&plugin), column(0));
    c.bench_function("empty call", |b| b.iter(|| call(&plugin, &config, &column, LentKey::None)));
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    targets = partial, pseudonym, empty
}
criterion_main!(benches);
