//! The lists that values are made of.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use learned::Kind;

use crate::random::Random;

/// Values of each kind by their locales, and words.
pub(crate) struct Lists {
    by_kind: BTreeMap<&'static str, Vec<Vec<String>>>,
    /// Locales that have given names and surnames.
    people: Vec<[Vec<String>; 2]>,
    /// What organizations are called.
    pub(crate) organizations: Vec<String>,
    /// What is nobody's, in lists of its own.
    background: Vec<Vec<String>>,
    /// Words of English, the frequent ones first.
    pub(crate) english: Vec<String>,
    /// Given names and surnames of the US.
    american: [Vec<String>; 2],
}

impl Lists {
    pub(crate) fn read(plugin: &Path) -> io::Result<Self> {
        let text = |path: &str| fs::read_to_string(plugin.join(path));
        let lines = |path: &str| -> io::Result<Vec<String>> {
            let text = text(path)?;
            Ok(text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect())
        };
        let (mut by_kind, mut locales) = (BTreeMap::new(), BTreeMap::new());
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Username) {
            let list = by_locale(&text(&format!("training/lists/{}.tsv", kind.name()))?);
            by_kind.insert(kind.name(), list.values().cloned().collect());
            locales.insert(kind.name(), list);
        }
        let (given, family) = (&locales["given"], &locales["family"]);
        let people = given.iter().filter_map(|(locale, given)| Some([given.clone(), family.get(locale)?.clone()]));
        let mut english = lines("../clinical-text/training/english-frequent.txt")?;
        english.extend(lines("../clinical-text/training/english.txt")?.into_iter().step_by(3));
        let background = lines("training/background.txt")?;
        let background = background.iter().map(|line| line.split('|').skip(1).map(str::to_owned).collect());
        let most = |path: &str, most| -> io::Result<Vec<String>> { Ok(lines(path)?.into_iter().take(most).collect()) };
        Ok(Self {
            people: people.collect(),
            by_kind,
            organizations: lines("training/organizations.txt")?,
            background: background.collect(),
            english,
            american: [
                most("../names-and-places/dictionaries/given-names.txt", 4_000)?,
                most("../names-and-places/dictionaries/surnames.txt", 20_000)?,
            ],
        })
    }

    /// A value of a locale: each has the same chance, however long its list is.
    pub(crate) fn one(&self, kind: Kind, random: &mut Random) -> &str {
        let list = random.one(&self.by_kind[kind.name()]);
        random.one(list).as_str()
    }

    /// What is nobody's.
    pub(crate) fn filler(&self, random: &mut Random) -> &str {
        let list = random.one(&self.background);
        random.one(list).as_str()
    }

    /// Any value of a list whose locales are not as long as each other.
    pub(crate) fn any(&self, kind: Kind, random: &mut Random) -> &str {
        let lists = &self.by_kind[kind.name()];
        let mut place = random.below(lists.iter().map(Vec::len).sum());
        let list = lists.iter().find(|list| {
            let is_here = place < list.len();
            place -= if is_here { 0 } else { list.len() };
            is_here
        });
        list.map_or("", |list| &list[place])
    }

    /// A given name and a surname of one locale.
    pub(crate) fn person(&self, random: &mut Random) -> [&str; 2] {
        let [given, family] = if random.percent(8) { &self.american } else { random.one(&self.people) };
        [random.one(given).as_str(), random.one(family).as_str()]
    }
}

fn by_locale(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (locale, value) in text.lines().filter_map(|line| line.split_once('\t')) {
        found.entry(locale.to_owned()).or_default().push(value.to_owned());
    }
    found
}
