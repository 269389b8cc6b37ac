//! `moretta plugin new`, `build` and `pack`.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use kits::{Kind, Project};

use super::{print, show};
use crate::cli::{BuildArguments, KindArgument, NewArguments, PackArguments};
use crate::error::Error;
use crate::plugin::Package;
use crate::staged::StagedFile;

/// Makes a project, in a directory that is not there yet.
pub(super) fn new(arguments: &NewArguments) -> Result<(), Error> {
    let name = &arguments.name;
    let kind = match (arguments.kind, arguments.key) {
        (KindArgument::Masker, None) => Kind::Masker,
        (KindArgument::Masker, Some(key)) => Kind::KeyedMasker(key),
        (KindArgument::Classifier, None) => Kind::Classifier,
        (KindArgument::TextClassifier, None) => Kind::TextClassifier,
        (KindArgument::Classifier | KindArgument::TextClassifier, Some(_)) => {
            return Err(Error::Usage("a classifier is lent no key: leave --key out".to_owned()));
        }
    };
    let project = Project::new(name, arguments.lang, kind).map_err(|refusal| Error::Usage(refusal.to_string()))?;
    let folder = Path::new(name);
    fs::create_dir(folder).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Error::Usage(format!("{name} is there already, and nothing is overwritten: give another name"))
        }
        _ => Error::io("make", folder)(error),
    })?;
    project.files().iter().try_for_each(|file| write(folder, file))?;
    print(&format!(
        "{name}/ is a project. It needs {}.\n\n  cd {name}\n  kit/install              # gets what is missing of \
         that\n  kit/test                 # its tests, without a host\n  moretta plugin build     # \
         packed/{name}.wasm\n\nREADME.md in it says the rest.\n",
        project.needs()
    ))
}

fn write(folder: &Path, file: &kits::File) -> Result<(), Error> {
    let path = folder.join(&file.path);
    let failed = || Error::io("write", &path);
    fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed())?;
    fs::write(&path, &file.text).map_err(failed())?;
    if file.is_executable() {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).map_err(failed())?;
    }
    Ok(())
}

/// Builds a project: its kit knows how, and says what is missing.
pub(super) fn build(arguments: &BuildArguments) -> Result<(), Error> {
    let project = &arguments.project;
    let script = project.join("kit/build");
    if !project.join("manifest.json").is_file() || !script.is_file() {
        let shown = project.display();
        let message =
            format!("{shown} is no project: it has no manifest.json with a kit/build; `moretta plugin new` makes one");
        return Err(Error::Usage(message));
    }
    let this = std::env::current_exe().map_err(Error::io("find", "the file of this command"))?;
    let mut build = Command::new("/bin/sh");
    build.arg(&script).arg(project).env("MORETTA", this);
    match build.status().map_err(Error::io("run", &script))? {
        status if status.success() => Ok(()),
        status => Err(Error::Author(format!("{} failed ({status}); why stands above", script.display()))),
    }
}

/// Makes a plugin of what a compiler gave. What the host would refuse is refused here.
pub(super) fn pack(arguments: &PackArguments) -> Result<(), Error> {
    let PackArguments { module, manifest, out, give_back } = arguments;
    let wasm = fs::read(module).map_err(Error::named("read", module))?;
    let text = fs::read_to_string(manifest).map_err(Error::named("read", manifest))?;
    let failed = |error: pack::Error| Error::Author(format!("{} cannot be packed: {error}", module.display()));
    let wasm = if *give_back { pack::give_back(&wasm).map_err(failed)? } else { wasm };
    let component = pack::pack_wasm(&wasm, &text).map_err(failed)?;
    let package = Package::read(&manifest.display().to_string(), component)?;
    let path = out.join(format!("{}.wasm", package.manifest().name));
    fs::create_dir_all(out).map_err(Error::io("make", out))?;
    let mut staged = StagedFile::beside(&path).map_err(Error::io("write", &path))?;
    staged.write_all(package.bytes()).map_err(Error::io("write", &path))?;
    staged.commit_for_others().map_err(Error::io("write", &path))?;
    print(&format!("{}  {} bytes\n", show::line(&path.display().to_string()), package.bytes().len()))
}
