//! One transform: its golden cases, and its properties on every column.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray};
use serde_json::{Map, Value};

use super::properties::{self, Broken};
use super::report::{Checks, Failure, Property, TransformReport};
use super::trial::{Answer, Setting, Trial};
use super::{Options, speed};
use crate::batch::ColumnType;
use crate::error::Error;
use crate::leash::Leash;
use crate::made_up::{self, MadeUp};
use crate::manifest::{Ask, Properties, Transform};
use crate::plugin::{GuestFault, Plugin, cases};

/// Under so many keys characters of a value must come back before it is no chance.
const KEYS: usize = 5;
/// A chance of less than one in so many that two values collide is none.
const RARE: f64 = 1e6;

/// Collects what is found out about a transform.
pub(crate) struct Checker<'a> {
    plugin: &'a Arc<Plugin>,
    index: usize,
    transform: &'a Transform,
    checks: Checks,
    accepted: BTreeMap<ColumnType, bool>,
}

/// What is being tried: a setting, its key, and a column.
struct Attempt<'a> {
    setting: &'a Setting<'a>,
    trial: &'a Trial,
    column: &'a MadeUp,
}

impl<'a> Checker<'a> {
    /// A checker of the transform at this place of the manifest.
    pub(crate) fn new(plugin: &'a Arc<Plugin>, index: usize, options: &Options) -> Result<Self, Error> {
        let transform = plugin.manifest().transforms.get(index).ok_or(Error::Internal("a transform is not there"))?;
        let has_cases = options.with.is_some() || !transform.cases.is_empty();
        let properties = Property::OF_MASKERS.into_iter().filter(|it| has_cases || *it != Property::Cases);
        let checks = Checks::new(properties, |property| is_declared(transform, property));
        Ok(Self { plugin, index, transform, checks, accepted: BTreeMap::new() })
    }

    /// Tries everything.
    pub(crate) fn run(mut self, options: &Options) -> Result<TransformReport, Error> {
        self.golden_cases()?;
        let settings = settings(self.transform, options);
        for setting in &settings {
            self.setting(setting, options)?;
        }
        self.check_accepts(&settings);
        let speed = match settings.first() {
            Some(setting) if options.rows > 0 && self.checks.passed() => self.measure(setting, options.rows)?,
            _ => None,
        };
        Ok(TransformReport { transform: self.transform.name.clone(), checks: self.checks.into_list(), speed })
    }

    fn golden_cases(&mut self) -> Result<(), Error> {
        for case in &self.transform.cases {
            let failure =
                cases::run(self.plugin, self.transform, case, &Leash::default())?.err().map(|failure| Failure {
                    column: format!("case `{}`", case.name),
                    config: Value::Object(case.config.clone()).to_string(),
                    column_type: case.input.column_type,
                    row: None,
                    problem: failure.why,
                    differences: failure.differences,
                });
            self.checks.note(Property::Cases, failure);
        }
        Ok(())
    }

    /// Tries every column. A fault ends it: what a plugin does after that tells nothing.
    fn setting(&mut self, setting: &Setting<'_>, options: &Options) -> Result<(), Error> {
        let trial = Trial::new(self.plugin, self.index, setting)?;
        for column in columns_for(setting, options) {
            let attempt = Attempt { setting, trial: &trial, column: &column };
            match trial.run(&column.array)? {
                Err(GuestFault::Configuration(_)) if !is_in_a_case(setting) => return Ok(()),
                Err(fault) => {
                    self.fault(&attempt, &fault);
                    return Ok(());
                }
                Ok(answer) => {
                    for property in [Property::Limits, Property::Contract, Property::Verified] {
                        self.checks.note(property, None);
                    }
                    *self.accepted.entry(setting.column_type).or_default() |= answer.masked().next().is_some();
                    if let Some(fault) = self.properties(&attempt, &answer)? {
                        self.fault(&attempt, &fault);
                        return Ok(());
                    }
                }
            }
        }
        self.minimum_domain(setting, &trial)
    }

    /// The properties that are declared. A fault in one of the further calls is returned.
    fn properties(&mut self, attempt: &Attempt<'_>, answer: &Answer) -> Result<Option<GuestFault>, Error> {
        let (world, declared) = (self.plugin.manifest().world, self.transform.properties);
        let Properties { deterministic, injective, reversible, format_preserving, conceals, .. } = declared;
        let alone = attempt.setting.columns == 1 && attempt.setting.context == 0;
        if deterministic {
            let broken = match deterministic_in(attempt, answer)? {
                Err(fault) => return Ok(Some(fault)),
                Ok(broken) => broken.or_else(|| properties::equal_differ(answer, world).filter(|_| alone)),
            };
            self.found(Property::Deterministic, attempt, broken);
        }
        let may_collide = may_collide(attempt.setting, answer);
        if injective && !may_collide {
            self.found(Property::Injective, attempt, properties::different_equal(answer, world));
        }
        if reversible {
            let keyless = matches!(world.ask(), None | Some(Ask::Randomness));
            let broken = keyless.then_some((0, "there is no key in its world that would undo it"));
            let broken = broken.or_else(|| properties::different_equal(answer, world).filter(|_| !may_collide));
            self.found(Property::Reversible, attempt, broken);
        }
        if format_preserving {
            self.found(Property::FormatPreserving, attempt, properties::other_form(answer));
        }
        if conceals {
            let broken = self.unconcealed(attempt, answer)?;
            self.found(Property::Conceals, attempt, broken);
        }
        Ok(None)
    }

    /// A row whose value shines through under every key: under one it can be chance.
    fn unconcealed(&self, attempt: &Attempt<'_>, answer: &Answer) -> Result<Broken, Error> {
        let mut unconcealed = properties::unconcealed(answer);
        for _ in 1..KEYS {
            if unconcealed.is_empty() {
                break;
            }
            let trial = Trial::new(self.plugin, self.index, attempt.setting)?;
            if let Ok(again) = trial.run(&attempt.column.array)? {
                let again: BTreeSet<_> = properties::unconcealed(&again).into_iter().collect();
                unconcealed.retain(|row| again.contains(row));
            }
        }
        Ok(unconcealed.first().map(|row| (*row, "characters of the value stand in the result")))
    }

    /// Digits that make fewer values than declared are not masked.
    fn minimum_domain(&mut self, setting: &Setting<'_>, trial: &Trial) -> Result<(), Error> {
        let least = self.transform.properties.minimum_domain;
        if least < 2 || setting.column_type != ColumnType::Text {
            return Ok(());
        }
        for length in (1..=18_u32).take_while(|length| 10_u64.pow(*length) < least) {
            let digits = ('0'..='9').map(|digit| Some(digit.to_string().repeat(length as usize)));
            let column = MadeUp::new(&format!("numbers of {length} digits"), Arc::new(digits.collect::<StringArray>()));
            let attempt = Attempt { setting, trial, column: &column };
            match trial.run(&column.array)? {
                Err(fault) => self.fault(&attempt, &fault),
                Ok(answer) => self.found(Property::MinimumDomain, &attempt, properties::too_few(&answer)),
            }
        }
        Ok(())
    }

    fn check_accepts(&mut self, settings: &[Setting<'_>]) {
        let untried = Map::new();
        let config = settings.first().map_or(&untried, |setting| &setting.config);
        let failure = |column_type: ColumnType, problem: &str| Failure {
            column: "every column".to_owned(),
            config: Value::Object(config.clone()).to_string(),
            column_type,
            row: None,
            problem: problem.to_owned(),
            differences: Vec::new(),
        };
        if settings.is_empty() {
            let first = self.transform.types.keys().next().copied().unwrap_or(ColumnType::Text);
            let problem = "it needs options and no golden case gives any; add a case, or give --with";
            return self.checks.note(Property::Accepts, Some(failure(first, problem)));
        }
        let mut found = Vec::new();
        for (column_type, accepted) in &self.accepted {
            let problem = "it rejected every value; a golden case would show one that it takes";
            found.push((!accepted).then(|| failure(*column_type, problem)));
        }
        found.into_iter().for_each(|failure| self.checks.note(Property::Accepts, failure));
    }

    fn measure(&mut self, setting: &Setting<'_>, rows: usize) -> Result<Option<speed::Speed>, Error> {
        let trial = Trial::new(self.plugin, self.index, setting)?;
        let column = MadeUp::new(&format!("{rows} rows"), values(setting));
        match speed::measure(&trial, &column.array, rows)? {
            Ok(speed) => Ok(Some(speed)),
            Err(fault) => {
                self.fault(&Attempt { setting, trial: &trial, column: &column }, &fault);
                Ok(None)
            }
        }
    }

    fn fault(&mut self, attempt: &Attempt<'_>, fault: &GuestFault) {
        let failure = match fault {
            GuestFault::Verification { row, problem } => attempt.failure(Some(*row), problem),
            fault => attempt.failure(None, &fault.to_string()),
        };
        self.checks.note(Property::broken_by(fault), Some(failure));
    }

    fn found(&mut self, property: Property, attempt: &Attempt<'_>, broken: Broken) {
        self.checks.note(property, broken.map(|(row, problem)| attempt.failure(Some(row), problem)));
    }
}

impl Attempt<'_> {
    fn failure(&self, row: Option<usize>, problem: &str) -> Failure {
        Failure {
            column: self.column.name.clone(),
            config: Value::Object(self.setting.config.clone()).to_string(),
            column_type: self.setting.column_type,
            row,
            problem: problem.to_owned(),
            differences: Vec::new(),
        }
    }
}

fn is_declared(transform: &Transform, property: Property) -> bool {
    let properties = transform.properties;
    match property {
        Property::Cases | Property::Limits | Property::Contract | Property::Verified | Property::Accepts => true,
        Property::Finds | Property::Places | Property::Nulls | Property::NoRows | Property::AddsUp => false,
        Property::Deterministic => properties.deterministic,
        Property::Injective => properties.injective,
        Property::Reversible => properties.reversible,
        Property::FormatPreserving => properties.format_preserving,
        Property::MinimumDomain => properties.minimum_domain > 1,
        Property::Conceals => properties.conceals,
    }
}

/// The same again, and each half on its own.
fn deterministic_in(attempt: &Attempt<'_>, answer: &Answer) -> Result<Result<Broken, GuestFault>, Error> {
    const AGAIN: &str = "it came back in another way when the same batch was masked again";
    const HALF: &str = "it came back in another way when half of the batch was masked";
    let (column, rows) = (&attempt.column.array, attempt.column.array.len());
    let half = rows / 2;
    for (first, part, problem) in [(0, rows, AGAIN), (0, half, HALF), (half, rows.saturating_sub(half), HALF)] {
        let part = match attempt.trial.run_rows(column, first, part)? {
            Err(fault) => return Ok(Err(fault)),
            Ok(part) => part,
        };
        let broken = properties::differs(answer, &part, first, problem);
        if broken.is_some() {
            return Ok(Ok(broken));
        }
    }
    Ok(Ok(None))
}

/// Whether the configuration allows so few results that some are equal by chance.
fn may_collide(setting: &Setting<'_>, answer: &Answer) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a column has far fewer than 2^52 rows")]
    let rows = answer.lent.len() as f64;
    setting.transform.distinct_outputs(&setting.config).is_some_and(|outputs| rows * rows * RARE > outputs)
}

/// The configurations of the golden cases and the one of defaults, each with every type; and more columns, in the
/// plugin's own number and at most three.
pub(crate) fn settings<'a>(transform: &'a Transform, options: &Options) -> Vec<Setting<'a>> {
    let given: Vec<_> = match &options.with {
        Some(with) => vec![(with.clone(), None)],
        None => {
            let cases = transform.cases.iter().map(|case| (case.config.clone(), case.reference_date));
            cases.chain([(Map::new(), None)]).collect()
        }
    };
    let mut configs: Vec<(Map<String, Value>, Option<i32>)> = Vec::new();
    for (with, reference_date) in given {
        if let Ok(config) = transform.complete_config(&with)
            && !configs.iter().any(|(known, _)| *known == config)
        {
            configs.push((config, reference_date));
        }
    }
    let (columns, context) = (transform.columns, transform.context);
    let mut settings = Vec::new();
    for (config, reference_date) in configs {
        for column_type in in_order(transform) {
            let (config, reference_date) = (config.clone(), reference_date);
            let (least, beside) = (columns.min, context.min);
            let context_type = ColumnType::Text;
            let setting = Setting {
                transform,
                config,
                reference_date,
                column_type,
                columns: least,
                context: beside,
                context_type,
            };
            if columns.max > least {
                settings.push(Setting { columns: columns.max.min(3), ..setting.clone() });
            }
            if context.max > beside {
                let context = context.max.min(3);
                settings.push(Setting { context, ..setting.clone() });
                settings.push(Setting { context, context_type: ColumnType::Int64, ..setting.clone() });
            }
            settings.push(setting);
        }
    }
    // What is simplest first: it is what the speed is measured with.
    settings.sort_by_key(|setting| (setting.columns, setting.context));
    settings
}

/// The types of a transform, those of its golden cases first.
fn in_order(transform: &Transform) -> Vec<ColumnType> {
    let mut types: Vec<ColumnType> = Vec::new();
    for column_type in transform.cases.iter().map(|case| case.input.column_type).chain(transform.types.keys().copied())
    {
        if !types.contains(&column_type) && transform.types.contains_key(&column_type) {
            types.push(column_type);
        }
    }
    types
}

/// Whether a golden case shows that the transform takes this configuration with this type.
fn is_in_a_case(setting: &Setting<'_>) -> bool {
    setting.transform.cases.iter().any(|case| {
        case.input.column_type == setting.column_type
            && setting.transform.complete_config(&case.config).is_ok_and(|config| config == setting.config)
    })
}

/// What the author says that the transform takes, what it has to live with, and what the author has at hand.
fn columns_for(setting: &Setting<'_>, options: &Options) -> Vec<MadeUp> {
    let of_type = setting.transform.cases.iter().filter(|case| case.input.column_type == setting.column_type);
    let inputs = of_type.filter_map(|case| {
        Some(MadeUp::new(&format!("the input of case `{}`", case.name), cases::array(&case.input)?))
    });
    let mut columns: Vec<_> = inputs.collect();
    columns.extend(made_up::columns(setting.column_type));
    if let Some((name, column_type, parts)) = &options.input
        && *column_type == setting.column_type
    {
        columns.extend(parts.iter().map(|part| MadeUp::new(&format!("column {name}"), part.clone())));
    }
    columns
}

/// Values that the transform takes: those of a golden case, or ordinary ones.
pub(crate) fn values(setting: &Setting<'_>) -> ArrayRef {
    let fits = |case: &&crate::manifest::Case| {
        case.input.column_type == setting.column_type
            && case.rejected.is_empty()
            && setting.transform.complete_config(&case.config).is_ok_and(|config| config == setting.config)
    };
    let case = setting.transform.cases.iter().find(fits).and_then(|case| cases::array(&case.input));
    case.filter(|column| !column.is_empty()).unwrap_or_else(|| made_up::distinct(setting.column_type, 8_192))
}
