//! A column through the plugins of encryption, against the same operation called natively for each cell.
//!
//! `native` has the key set up and writes bare ciphertexts one after the other, with the crates that the host uses; `call`
//! is the plugin with all limits on and a fresh instance, text out. The host has an FF1 of its own: `host` is that, for
//! the column, without a plugin. `tests/speed.py` prints the ratios.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use aes::Aes256;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use aes_siv::siv::Aes256Siv;
use arrow_array::{Array, ArrayRef, StringArray};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fpe::ff1::{FF1, FlexibleNumeralString};
use moretta::batch::ColumnType;
use moretta::keys::{Cells, Keyring, Purpose, Symbols};
use moretta::lend::{Grant, LentKey};
use moretta::plugin::{Engine, Limits, MaskCall, Package, Plugin};

const ROWS: usize = 8 << 10;

/// Nine digits each.
fn column() -> StringArray {
    (0..ROWS).map(|row| Some(format!("{:09}", 100_000_000 + row * 97_583 % 899_999_999))).collect()
}

fn plugin(name: &str) -> Plugin {
    let path = format!("{}/../plugins/packed/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    let package = Package::read(name, std::fs::read(path).unwrap()).unwrap();
    Plugin::load(&Engine::new(Limits::default(), None).unwrap(), package).unwrap()
}

fn call(name: &str, purpose: Purpose) -> impl FnMut() -> usize {
    let plugin = plugin(name);
    let transform = &plugin.manifest().transforms[0];
    let config = serde_json::Value::Object(transform.complete_config(&serde_json::Map::new()).unwrap()).to_string();
    let keyring = Keyring::ephemeral(&[("k", purpose)]).unwrap();
    let grant = Grant::of(&keyring, purpose, "k", "bench", |_| unreachable!("no tokens")).unwrap();
    let array: ArrayRef = Arc::new(column());
    move || {
        let call = MaskCall {
            transform: &plugin.manifest().name,
            config: &config,
            reference_date: None,
            columns: &[(array.clone(), ColumnType::Text)],
            produced: &[ColumnType::Text],
            context: &[],
        };
        let cells = vec![Cells { name: "column".into(), array: array.clone() }];
        let key = match &grant {
            Grant::Encryption(grant) => LentKey::Encryption(grant.lend(cells).unwrap()),
            Grant::DeterministicEncryption(grant) => LentKey::DeterministicEncryption(grant.lend(cells)),
            Grant::FormatPreserving(grant) => LentKey::FormatPreserving(grant.lend(cells)),
            _ => unreachable!("no key of encryption"),
        };
        plugin.mask(&call, key).unwrap().columns[0].len()
    }
}

fn compare(c: &mut Criterion, name: &str, purpose: Purpose, mut native: impl FnMut(&[u8], &mut Vec<u8>)) {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(ROWS as u64));
    let column = column();
    group.bench_function("native", |b| {
        b.iter(|| {
            let mut sealed = Vec::with_capacity(ROWS * 64);
            black_box(&column).iter().flatten().for_each(|value| native(value.as_bytes(), &mut sealed));
            sealed
        });
    });
    let mut call = call(name, purpose);
    group.bench_function("call", |b| b.iter(&mut call));
    group.finish();
}

fn encrypt(c: &mut Criterion) {
    let cipher = Aes256Gcm::new(&[7; 32].into());
    let mut number = 0_u64;
    compare(c, "encrypt", Purpose::Encrypt, |value, sealed| {
        number += 1;
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&number.to_be_bytes());
        let start = sealed.len();
        sealed.extend_from_slice(value);
        let tag = cipher.encrypt_inout_detached(&nonce.into(), b"column", (&mut sealed[start..]).into()).unwrap();
        sealed.extend_from_slice(&tag);
    });
}

fn encrypt_deterministic(c: &mut Criterion) {
    let mut siv = Aes256Siv::new(&[7; 64].into());
    compare(c, "encrypt-deterministic", Purpose::EncryptDeterministic, |value, sealed| {
        let start = sealed.len();
        sealed.extend_from_slice(value);
        let tag = siv.encrypt_inout_detached([b"column"], (&mut sealed[start..]).into()).unwrap();
        sealed.extend_from_slice(&tag);
    });
}

fn fpe(c: &mut Criterion) {
    let ff1 = FF1::<Aes256>::new(&[7; 32], 10).unwrap();
    compare(c, "fpe", Purpose::FormatPreserving, |value, sealed| {
        let numerals: Vec<u16> = value.iter().map(|digit| u16::from(digit - b'0')).collect();
        let done = ff1.encrypt(b"", &FlexibleNumeralString::from(numerals)).unwrap();
        sealed.extend(Vec::from(done).iter().map(|numeral| b'0' + *numeral as u8));
    });
    let keyring = Keyring::ephemeral(&[("k", Purpose::FormatPreserving)]).unwrap();
    let grant = keyring.format_preserving_key("k", "bench").unwrap();
    let symbols = Symbols { alphabet: "0123456789", skip_first: 0, skip_last: 0, tweak: "" };
    let array: ArrayRef = Arc::new(column());
    let mut group = c.benchmark_group("fpe");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("host", |b| b.iter(|| grant.lend(vec![array.clone()]).encrypt(0, &symbols).unwrap()));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    targets = encrypt, encrypt_deterministic, fpe
}
criterion_main!(benches);
