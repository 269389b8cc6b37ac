//! `languages DIR` prints what a plugin costs in each language, as a table in Markdown: the same transform, masking all
//! letters and digits but the last four, over the same column in one run: whole, and in short with languages side by side.
//! DIR is what `guest-sdk/check-kits` built.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use moretta::batch::ColumnType;
use moretta::lend::LentKey;
use moretta::plugin::{CallError, CodeCache, Engine, GuestFault, Limits, MaskCall, Package, Plugin};
use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Values of 11 bytes: a batch of 700 KiB.
const ROWS: usize = 64 << 10;

/// For how long each figure is measured.
const MEASURED: Duration = Duration::from_millis(500);

/// What a call that does not answer may take.
const DEADLINE: Duration = Duration::from_millis(100);

/// A plugin that masks, and one that does not answer.
struct Language {
    name: String,
    masks: PathBuf,
    spins: PathBuf,
}

/// What a row of the table says of a language.
type Row = [String; 8];

const HEADER: [&str; 8] =
    ["language", "plugin", "imports", "empty call", "values/s", "of native", "memory", "endless loop"];
/// What the short table says, by its places in a row.
const SHORT: [usize; 3] = [1, 4, 3];

fn main() -> Result<()> {
    let built = env::args_os().nth(1).ok_or("say where the plugins are that guest-sdk/check-kits built")?;
    let column = column(ROWS);
    let native = native(&column)?;
    println!("| {} |\n|{}", HEADER.join(" | "), "---|".repeat(HEADER.len()));
    println!("| Rust, native | | | | {} | 1.0 | | |", millions(ROWS as f64 / native.as_secs_f64()));
    let mut rows: Vec<Row> = Vec::new();
    for language in languages(Path::new(&built))? {
        let row = row(&language, &column, native)?;
        println!("| {} |", row.join(" | "));
        rows.push(row);
    }
    println!("\n{}", short(&rows));
    Ok(())
}

/// A column for each language.
fn short(rows: &[Row]) -> String {
    let line = |place: usize| rows.iter().map(|row| format!(" {} |", row[place])).collect::<String>();
    let mut table = format!("| |{}\n|---|{}\n", line(0), "---|".repeat(rows.len()));
    for place in SHORT {
        table.push_str(&format!("| {} |{}\n", HEADER[place], line(place)));
    }
    table
}

/// Rust, and every language that was built.
fn languages(built: &Path) -> Result<Vec<Language>> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut languages = vec![Language {
        name: "Rust".to_owned(),
        masks: repository.join("plugins/packed/partial.wasm"),
        spins: repository.join("tests/guests/packed/hostile.wasm"),
    }];
    for (name, kit) in
        [("C", "c"), ("Go", "go"), ("TypeScript (QuickJS)", "typescript"), ("Python (CPython)", "python")]
    {
        let folder = built.join(kit);
        let masks = folder.join(format!("last-four-{kit}.wasm"));
        if masks.is_file() {
            languages.push(Language { name: name.to_owned(), masks, spins: folder.join("misbehave.wasm") });
        }
    }
    Ok(languages)
}

fn row(language: &Language, column: &ArrayRef, native: Duration) -> Result<Row> {
    let bytes = fs::read(&language.masks)?;
    let (imports, _) = pack::interfaces(&bytes)?;
    // Types give nobody anything.
    let imports: Vec<_> = imports.into_iter().filter(|import| import != "moretta:plugin/types").collect();
    let plugin = load(&language.masks, Limits::default())?;
    let nothing = self::column(0);
    let empty = cost(|| call(&plugin, &nothing))?;
    check(&plugin, column)?;
    let full = cost(|| call(&plugin, column))?;
    let stopped = stop(&load(&language.spins, Limits { deadline: DEADLINE, ..Limits::default() })?)?;
    Ok([
        language.name.clone(),
        size(bytes.len()),
        if imports.is_empty() { "none".to_owned() } else { imports.join(", ") },
        format!("{:.0} µs", empty.as_secs_f64() * 1e6),
        millions(ROWS as f64 / full.as_secs_f64()),
        format!("{:.1}", full.as_secs_f64() / native.as_secs_f64()),
        format!("{} MiB", memory(&language.masks, column)?),
        format!("stopped after {:.0} ms", stopped.as_secs_f64() * 1e3),
    ])
}

/// `123-45-6789` and the like.
fn column(rows: usize) -> ArrayRef {
    let value = |row: usize| Some(format!("{:03}-{:02}-{:04}", row % 1000, row % 100, row % 10_000));
    Arc::new((0..rows).map(value).collect::<StringArray>())
}

fn load(path: &Path, limits: Limits) -> Result<Plugin> {
    let cache = CodeCache::open(env::temp_dir().join("moretta-languages"));
    Ok(Plugin::load(&Engine::new(limits, cache)?, Package::read(&path.display().to_string(), fs::read(path)?)?)?)
}

fn call(plugin: &Plugin, column: &ArrayRef) -> std::result::Result<ArrayRef, CallError> {
    let transform = &plugin.manifest().transforms[0];
    let config = Value::Object(transform.complete_config(&Map::new()).unwrap_or_default()).to_string();
    ask(plugin, &transform.name, &config, column)
}

fn ask(plugin: &Plugin, transform: &str, config: &str, column: &ArrayRef) -> std::result::Result<ArrayRef, CallError> {
    let call = MaskCall {
        transform,
        config,
        reference_date: None,
        columns: &[(column.clone(), ColumnType::Text)],
        produced: &[ColumnType::Text],
        context: &[],
    };
    plugin.mask(&call, LentKey::None).map(|answer| answer.columns[0].clone())
}

/// Every language gives the same bytes.
fn check(plugin: &Plugin, column: &ArrayRef) -> Result<()> {
    let (masked, config) = (call(plugin, column)?, native_config());
    let expected = native_mask(column.as_string(), &config);
    if masked.as_string::<i32>().value_data() == expected {
        Ok(())
    } else {
        Err("the values differ from Rust's".into())
    }
}

/// How long the thread had a processor for one step, on average: other programs do not count, so the machine may be busy.
fn cost<T>(mut step: impl FnMut() -> std::result::Result<T, CallError>) -> Result<Duration> {
    step()?;
    let (start, mut times) = (processor_time()?, 0);
    loop {
        for _ in 0..4 {
            black_box(step()?);
        }
        times += 4;
        let spent = processor_time()?.saturating_sub(start);
        if spent > MEASURED {
            return Ok(spent / times);
        }
    }
}

/// What this thread had of a processor so far. The system counts in steps of some milliseconds.
fn processor_time() -> Result<Duration> {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = statistics.split(' ').next().unwrap_or_default().parse()?;
    Ok(Duration::from_nanos(nanoseconds))
}

fn native_config() -> partial::Config {
    partial::Config { keep_first: 0, keep_last: 4, fill: '*', keep_separators: true }
}

/// The masked bytes of a column of ASCII.
fn native_mask(text: &StringArray, config: &partial::Config) -> Vec<u8> {
    let offsets: Vec<u32> = text.value_offsets().iter().map(|offset| *offset as u32).collect();
    let mut data = text.value_data().to_vec();
    black_box(partial::mask_ascii(&offsets, &mut data, config));
    data
}

/// The same work without a sandbox: the loop of the shipped plugin `partial` on a copy of the column.
fn native(column: &ArrayRef) -> Result<Duration> {
    let (text, config) = (column.as_string::<i32>(), native_config());
    cost(|| Ok(native_mask(black_box(text), &config)))
}

/// The least memory, in steps of two, that an instance can mask the column with.
fn memory(path: &Path, column: &ArrayRef) -> Result<usize> {
    for mebibytes in [1, 2, 4, 8, 16, 32, 64, 128, 256] {
        let limits = Limits { memory: mebibytes << 20, ..Limits::default() };
        if load(path, limits).is_ok_and(|plugin| call(&plugin, column).is_ok()) {
            return Ok(mebibytes);
        }
    }
    Err("it needs more than 256 MiB".into())
}

fn stop(plugin: &Plugin) -> Result<Duration> {
    let start = Instant::now();
    match ask(plugin, "spin", "{}", &column(1)) {
        Err(CallError::Guest(GuestFault::Deadline { .. })) => Ok(start.elapsed()),
        other => Err(format!("an endless loop ended otherwise: {:?}", other.map(|column| column.len())).into()),
    }
}

fn millions(number: f64) -> String {
    format!("{:.1} M", number / 1e6)
}

fn size(bytes: usize) -> String {
    if bytes < 1 << 20 {
        format!("{} KiB", bytes >> 10)
    } else {
        format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
    }
}
