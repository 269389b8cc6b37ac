//! Who did something.

use std::fs;

use serde::{Deserialize, Serialize};

/// Who did something: a user of the operating system, or somebody that a program has authenticated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// What `name` is a name of.
    pub kind: Kind,
    /// The name; of a user without one, the number.
    pub name: String,
    /// The number of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// The number of the user who logged in, where the kernel keeps it: `sudo` does not change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_uid: Option<u32>,
    /// The name of the machine.
    pub host: String,
}

/// What a name is a name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A user of the operating system.
    OsUser,
    /// Somebody that a program has authenticated.
    Principal,
}

impl Who {
    /// The user that this process runs as, as the kernel says it: nothing that the user can set is asked.
    pub fn of_process() -> Self {
        let uid = read("/proc/self/status").and_then(|status| real_uid(&status));
        let login_uid = read("/proc/self/loginuid").and_then(|uid| uid.trim().parse().ok());
        let name = uid.and_then(|uid| name_of(&read("/etc/passwd")?, uid));
        let number = || uid.map_or_else(|| "unknown".to_owned(), |uid| uid.to_string());
        // The largest number stands for nobody.
        let login_uid = login_uid.filter(|uid| *uid != u32::MAX);
        Self { kind: Kind::OsUser, name: name.unwrap_or_else(number), uid, login_uid, host: host() }
    }

    /// Somebody that a program has authenticated.
    pub fn principal(name: &str) -> Self {
        Self { kind: Kind::Principal, name: name.to_owned(), uid: None, login_uid: None, host: host() }
    }
}

fn host() -> String {
    read("/proc/sys/kernel/hostname").map_or_else(|| "unknown".to_owned(), |name| name.trim().to_owned())
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The first number of the line `Uid:` (`man 5 proc`).
fn real_uid(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn name_of(passwd: &str, uid: u32) -> Option<String> {
    let is_it = |line: &&str| line.split(':').nth(2).and_then(|field| field.parse().ok()) == Some(uid);
    passwd.lines().find(is_it)?.split(':').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn finds_the_user_by_number() {
        assert_eq!(real_uid("Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t5\n"), Some(1000));
        assert_eq!(real_uid("Name:\tx\n"), None);
        let passwd = "root:x:0:0:root:/root:/bin/sh\nannie:x:1000:1000::/home/annie:/bin/sh\n";
        assert_eq!(name_of(passwd, 1000).as_deref(), Some("annie"));
        assert_eq!(name_of(passwd, 1001), None);
    }

    #[test]
    fn the_process_is_run_by_who_owns_its_files() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(Who::of_process().uid, Some(file.path().metadata().unwrap().uid()));
    }
}
