//! The plugins at hand: the ones in the binary and the ones in the operator's directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::fault::{PackageError, PackageProblem};
use super::{Engine, Package, Plugin, cases};
use crate::error::Error;
use crate::leash::Leash;
use crate::manifest::{Reads, World};
use crate::plan::{self, Finder, Found, NotFound, Transforms};

/// The shipped plugins, packed from `plugins/`.
const BUILT_IN: [(&str, &[u8]); 18] = [
    ("age", include_bytes!("../../../plugins/packed/age.wasm")),
    ("clinical-text", include_bytes!("../../../plugins/packed/clinical-text.wasm")),
    ("column-names", include_bytes!("../../../plugins/packed/column-names.wasm")),
    ("encrypt", include_bytes!("../../../plugins/packed/encrypt.wasm")),
    ("encrypt-deterministic", include_bytes!("../../../plugins/packed/encrypt-deterministic.wasm")),
    ("fpe", include_bytes!("../../../plugins/packed/fpe.wasm")),
    ("generalize", include_bytes!("../../../plugins/packed/generalize.wasm")),
    ("identifiers", include_bytes!("../../../plugins/packed/identifiers.wasm")),
    ("learned", include_bytes!("../../../plugins/packed/learned.wasm")),
    ("names-and-places", include_bytes!("../../../plugins/packed/names-and-places.wasm")),
    ("noise", include_bytes!("../../../plugins/packed/noise.wasm")),
    ("partial", include_bytes!("../../../plugins/packed/partial.wasm")),
    ("pseudonym", include_bytes!("../../../plugins/packed/pseudonym.wasm")),
    ("redact", include_bytes!("../../../plugins/packed/redact.wasm")),
    ("shift-dates", include_bytes!("../../../plugins/packed/shift-dates.wasm")),
    ("surrogate", include_bytes!("../../../plugins/packed/surrogate.wasm")),
    ("token", include_bytes!("../../../plugins/packed/token.wasm")),
    ("zip3", include_bytes!("../../../plugins/packed/zip3.wasm")),
];

/// The largest plugin in bytes: ten times what the interpreters of other languages weigh.
pub const MOST_BYTES: u64 = 256 << 20;

/// Plugins by name. A package is compiled when a plan first needs it.
#[derive(Debug)]
pub struct Registry {
    engine: Engine,
    packages: BTreeMap<String, Known>,
    loaded: Mutex<BTreeMap<String, Arc<Plugin>>>,
}

#[derive(Debug)]
struct Known {
    package: Package,
    /// Whether its golden cases are run before it sees data: the shipped ones were, when they were built.
    on_trial: bool,
}

impl Registry {
    /// No plugins yet.
    pub fn new(engine: Engine) -> Self {
        Self { engine, packages: BTreeMap::new(), loaded: Mutex::default() }
    }

    /// Adds the plugins that are part of the binary.
    ///
    /// # Errors
    /// One of them cannot be read, or its name is taken.
    pub fn add_built_in(&mut self) -> Result<(), Error> {
        shipped().try_for_each(|package| Ok(self.add(Known { package: package?, on_trial: false })?))
    }

    /// Adds every `*.wasm` of a directory. One of the name of a shipped plugin takes its place.
    ///
    /// # Errors
    /// The directory cannot be read, one of the files is no plugin, or two have the same name.
    pub fn add_directory(&mut self, directory: &Path) -> Result<(), Error> {
        let mut files = Vec::new();
        for entry in fs::read_dir(directory).map_err(Error::named("read", directory))? {
            let path = entry.map_err(Error::io("read", directory))?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                files.push(path);
            }
        }
        files.sort();
        for path in files {
            let bytes = read(&path)?;
            self.add_package(Package::read(&path.display().to_string(), bytes)?)?;
        }
        Ok(())
    }

    /// Adds one plugin. One of the name of a shipped plugin takes its place.
    ///
    /// # Errors
    /// Another plugin, not a shipped one, has the name.
    pub fn add_package(&mut self, package: Package) -> Result<(), PackageError> {
        if self.packages.get(&package.manifest().name).is_some_and(|known| !known.on_trial) {
            self.packages.remove(&package.manifest().name);
        }
        self.add(Known { package, on_trial: true })
    }

    /// The packages in the order of their names.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().map(|known| &known.package)
    }

    /// Every classifier, compiled, in the order of their names.
    ///
    /// # Errors
    /// One does not compile, or a golden case fails.
    pub(crate) fn classifiers(&self, leash: &Leash) -> Result<Vec<Arc<Plugin>>, Error> {
        self.of_world(World::Classifier, leash)
    }

    /// Every text classifier, compiled, in the order of their names.
    ///
    /// # Errors
    /// One does not compile, or a golden case fails.
    pub(crate) fn text_classifiers(&self, leash: &Leash) -> Result<Vec<Arc<Plugin>>, Error> {
        self.of_world(World::TextClassifier, leash)
    }

    fn of_world(&self, world: World, leash: &Leash) -> Result<Vec<Arc<Plugin>>, Error> {
        let packages = self.packages().filter(|package| package.manifest().world == world);
        packages.map(|package| self.load(&package.manifest().name, leash)).collect()
    }

    /// Every classifier that looks at values, compiled, in the order of their names.
    ///
    /// # Errors
    /// One does not compile, or a golden case fails.
    pub(crate) fn classifiers_of_values(&self, leash: &Leash) -> Result<Vec<Arc<Plugin>>, Error> {
        let packages = self.packages().filter(|package| reads_values(package));
        packages.map(|package| self.load(&package.manifest().name, leash)).collect()
    }

    /// Compiles them, and runs not a byte of them.
    ///
    /// # Errors
    /// One does not compile.
    pub(crate) fn compile_classifiers_of_values(&self) -> Result<(), Error> {
        let mut packages = self.packages().filter(|package| reads_values(package));
        packages.try_for_each(|package| self.compile(&package.manifest().name).map(drop))
    }

    /// The plugin of this name, compiled. A plugin that is not shipped must pass its golden cases first.
    ///
    /// # Errors
    /// There is none, it does not compile, or a golden case fails.
    pub(crate) fn load(&self, name: &str, leash: &Leash) -> Result<Arc<Plugin>, Error> {
        let plugin = self.compile(name)?;
        let on_trial = self.packages.get(name).is_some_and(|known| known.on_trial);
        if on_trial && !plugin.compiled.passed.load(Ordering::Acquire) {
            cases::check(&plugin, leash)?;
            plugin.compiled.passed.store(true, Ordering::Release);
        }
        Ok(plugin)
    }

    /// The plugin of this name, compiled, and not a byte of it run.
    ///
    /// # Errors
    /// There is none, or it does not compile.
    pub(crate) fn compile(&self, name: &str) -> Result<Arc<Plugin>, Error> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plugin) = loaded.get(name) {
            return Ok(plugin.clone());
        }
        let known = self.packages.get(name).ok_or(Error::Internal("the plan names a plugin that is not there"))?;
        let plugin = Arc::new(Plugin::load(&self.engine, known.package.clone())?);
        loaded.insert(name.to_owned(), plugin.clone());
        Ok(plugin)
    }

    fn add(&mut self, known: Known) -> Result<(), PackageError> {
        let name = known.package.manifest().name.clone();
        if self.packages.contains_key(&name) {
            return Err(PackageError { plugin: name, problem: PackageProblem::Twice });
        }
        self.packages.insert(name, known);
        Ok(())
    }
}

fn reads_values(package: &Package) -> bool {
    package.manifest().world == World::Classifier && package.manifest().reads == Reads::Values
}

/// The plugins that are part of the binary.
pub fn shipped() -> impl Iterator<Item = Result<Package, PackageError>> {
    BUILT_IN.into_iter().map(|(name, bytes)| Package::read(name, bytes))
}

/// A component is a regular file of some megabytes; nothing else is waited for or read without end.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let metadata = fs::metadata(path).map_err(Error::io("read", path))?;
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        let (path, most) = (path.display(), MOST_BYTES >> 20);
        return Err(Error::Usage(format!(
            "{path} is no regular file of at most {most} MiB; take it out of the plugins"
        )));
    }
    fs::read(path).map_err(Error::io("read", path))
}

impl Transforms for Registry {
    fn find(&self, name: &str) -> Result<Found<'_>, NotFound> {
        let packages = self.packages.values().map(|known| &known.package);
        plan::find(packages.map(|package| (package.manifest(), package.digest())), name)
    }

    fn finders(&self) -> Vec<Finder> {
        let packages = self.packages().filter(|package| package.manifest().world == World::TextClassifier);
        let finder = |package: &Package| Finder {
            plugin: package.manifest().name.clone(),
            version: package.manifest().version.clone(),
            digest: package.digest().to_owned(),
        };
        packages.map(finder).collect()
    }
}
