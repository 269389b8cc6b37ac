//! The command as its users run it: a process, with files in and files out.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use tempfile::TempDir;

/// An empty directory that the command runs in, so that files go by their bare names. Removed when dropped.
#[derive(Debug)]
pub struct Desk(TempDir);

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

impl Desk {
    /// An empty desk.
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory can be made"))
    }

    /// A desk with files on it: their names and contents.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let desk = Self::new();
        for (name, content) in files {
            desk.put(name, content);
        }
        desk
    }

    /// Where a file of this name lies, or would lie.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file on the desk can be written");
    }

    /// Takes a file away.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap_or_else(|error| panic!("cannot remove {name}: {error}"));
    }

    /// The content of a file.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("cannot read {name}: {error}"))
    }

    /// The content of a text file.
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("a text file")
    }

    /// The names of everything that lies here, hidden files too.
    pub fn names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.0.path()).expect("the desk can be listed");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    /// Makes a keyring with the default keys.
    pub fn make_keys(&self, name: &str) {
        self.run(&format!("keys init --keyring {name}")).assert_code(0);
    }

    /// Runs `moretta` here with arguments that are separated by blanks.
    pub fn run(&self, arguments: &str) -> Finished {
        self.run_with_input(arguments, b"")
    }

    /// The same with bytes on standard input.
    pub fn run_with_input(&self, arguments: &str, input: &[u8]) -> Finished {
        let mut command = self.command(&moretta());
        command.args(arguments.split_whitespace());
        finish(command, input)
    }

    /// Runs `moretta` here with settings in the environment.
    pub fn run_with_settings(&self, arguments: &str, settings: &[(&str, &str)]) -> Finished {
        let mut command = self.command(&moretta());
        command.args(arguments.split_whitespace()).envs(settings.iter().copied());
        finish(command, b"")
    }

    /// Runs a line of the POSIX shell here; `$MORETTA` is the command.
    pub fn run_in_shell(&self, line: &str) -> Finished {
        let mut command = self.command(Path::new("sh"));
        command.args(["-c", line]);
        finish(command, b"")
    }

    /// A process that will run here: with compiled plugins kept between tests, and nothing of the user's settings.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path());
        for (name, _) in env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"MORETTA_") {
                command.env_remove(name);
            }
        }
        command.env("MORETTA", moretta()).env("MORETTA_CACHE", beside_tests("moretta-tests-cache"));
        command
    }
}

/// A process that ran to its end.
#[derive(Debug)]
pub struct Finished {
    /// The exit code, none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Finished {
    /// Fails the test unless the process ended with this code.
    #[track_caller]
    pub fn assert_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        self
    }

    /// What it wrote to standard output, as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("text on standard output")
    }
}

/// The command, built from the sources at hand.
pub fn moretta() -> PathBuf {
    program("moretta-under-test")
}

/// A program of the tests' own, built from the sources at hand.
pub fn program(name: &str) -> PathBuf {
    let built = env::var_os(format!("CARGO_BIN_EXE_{name}")).map(PathBuf::from);
    let built = built.unwrap_or_else(|| beside_tests(name));
    assert!(built.is_file(), "{} is not there; run the tests with `cargo test`", built.display());
    built
}

/// A path in the directory of the profile, where Cargo puts binaries: one above that of a running test.
fn beside_tests(name: &str) -> PathBuf {
    let running = env::current_exe().expect("what runs has a path");
    let directory = running.parent().expect("a program lies in a directory");
    let of_tests = directory.file_name().is_some_and(|name| name == "deps");
    let profile = if of_tests { directory.parent().expect("`deps` lies in a directory") } else { directory };
    profile.join(name)
}

fn finish(mut command: Command, input: &[u8]) -> Finished {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the process starts");
    let mut pipe = process.stdin.take().expect("standard input is piped");
    let input = input.to_vec();
    // On a thread of its own: whoever writes all before reading anything waits for ever. Refused input is no fault.
    let writer = std::thread::spawn(move || drop(pipe.write_all(&input)));
    let Output { status, stdout, stderr } = process.wait_with_output().expect("the process ends");
    writer.join().expect("the writer ends");
    Finished { code: status.code(), stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() }
}
