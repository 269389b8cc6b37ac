//! New projects: the sources of a plugin that builds and passes its tests, and the kit that it is built with.
//!
//! A project holds all that it needs but the tools of its language: the kit is copied into it, since no registry has
//! it, and it stays what the plugin was made with. Everything is part of the binary, so no source tree is needed.

mod files;
mod language;
mod usage;

use std::fmt;

use language::Words;
pub use language::{Key, Kind, Language};
use usage::Trial;

/// What a new project is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    name: String,
    language: Language,
    world: &'static str,
}

/// One file of a project.
#[derive(Debug)]
pub struct File {
    /// Where it lies below the project's folder, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl File {
    /// Whether it is a program: it says what runs it.
    pub fn is_executable(&self) -> bool {
        self.text.starts_with("#!")
    }
}

/// Why there is no such project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The name is not one that a plugin can have.
    Name,
    /// The kit of the language has no layer for that world.
    NoWorld(Language, Kind),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str(
                "the name of a plugin has lower-case letters, digits and hyphens, begins with a letter, and has at most \
                 64 characters",
            ),
            Self::NoWorld(language, kind) => {
                let has = |language: Language, world| files::has_template(language, world);
                let others = Language::ALL.iter().filter(|other| has(**other, kind.world()));
                let others: Vec<_> = others.map(|language| language.option()).collect();
                let worlds = Kind::all().map(Kind::world).filter(|world| has(*language, world));
                write!(
                    f,
                    "there is no project of the world {} in {}: take {}, or one of {}",
                    kind.world(),
                    language.option(),
                    others.join(", "),
                    worlds.collect::<Vec<_>>().join(", ")
                )
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl Project {
    /// A project of a name, which is the plugin's, its transform's and that of its packed file.
    ///
    /// # Errors
    /// The name is none, or the kit of the language cannot make plugins of that kind yet.
    pub fn new(name: &str, language: Language, kind: Kind) -> Result<Self, Refusal> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.len() > 64 || !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.bytes().all(plain) {
            return Err(Refusal::Name);
        }
        if !files::has_template(language, kind.world()) {
            return Err(Refusal::NoWorld(language, kind));
        }
        Ok(Self { name: name.to_owned(), language, world: kind.world() })
    }

    /// What has to be installed for it.
    pub fn needs(&self) -> &'static str {
        self.language.words().needs
    }

    /// Every file of the project.
    pub fn files(&self) -> Vec<File> {
        let (own, kit) = files::of(self.language, self.world);
        let mut files: Vec<_> =
            files::shared(self.world).into_iter().chain(own).map(|file| self.fill_in(file)).collect();
        files.extend(kit.into_iter().map(|(path, text)| File { path: format!("kit/{path}"), text: text.to_owned() }));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// What a project of Rust uses of the SDK.
    fn features(&self) -> String {
        let dates = if self.world == "date-shift-masker" { r#", "dates""# } else { "" };
        format!(r#""arena", "{}"{dates}"#, self.world)
    }

    /// A template with the words of this project in it. Templates are of a plugin called `my-plugin`.
    fn fill_in(&self, (path, text): (String, &str)) -> File {
        let Words { name, source, tests, needs } = self.language.words();
        let Trial { csv, policy, column, key } = usage::trial(self.world);
        let text = [
            ("{usage}", files::usage(self.world).trim_end()),
            ("{language}", name),
            ("{source}", source),
            ("{tests}", tests),
            ("{needs}", needs),
            ("{world}", self.world),
            ("{features}", &self.features()),
            ("{csv}", csv),
            ("{policy}", policy),
            ("{masked_column}", column),
            ("{key}", key),
            ("my-plugin", &self.name),
            ("my_plugin", &self.name.replace('-', "_")),
        ]
        .into_iter()
        .fold(text.to_owned(), |text, (word, with)| text.replace(word, with));
        File { path, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(language: Language, kind: Kind) -> Project {
        Project::new("zip-of-patient", language, kind).unwrap()
    }

    /// Every kind of project that there is.
    fn projects() -> impl Iterator<Item = (Language, Kind, Project)> {
        let all = Kind::all().flat_map(|kind| Language::ALL.map(|language| (language, kind)));
        all.filter_map(|(language, kind)| Some((language, kind, Project::new("zip-of-patient", language, kind).ok()?)))
    }

    #[test]
    fn every_language_has_classifiers_and_maskers_with_and_without_a_key_and_rust_has_them_with_every_key() {
        let kinds = |language| projects().filter(move |it| it.0 == language).map(|it| it.1).collect::<Vec<_>>();
        let all = [Kind::Masker, Kind::Classifier, Kind::TextClassifier, Kind::KeyedMasker(Key::Pseudonym)];
        assert!(Language::ALL.into_iter().all(|language| all.iter().all(|kind| kinds(language).contains(kind))));
        assert!(Key::ALL.into_iter().all(|key| kinds(Language::Rust).contains(&Kind::KeyedMasker(key))));
    }

    #[test]
    fn every_project_has_its_manifest_its_scripts_and_a_way_to_try_it() {
        for (_, kind, project) in projects() {
            let files = project.files();
            let text = |path: &str| &files.iter().find(|file| file.path == path).unwrap().text;
            assert!(text("manifest.json").contains(&format!(r#""world": "{}""#, kind.world())));
            assert!(text("README.md").contains("moretta plugin test packed/zip-of-patient.wasm"));
            assert!(text("ci").contains("moretta plugin test packed/zip-of-patient.wasm"));
            assert!(text("manifest.json").contains(r#""name": "zip-of-patient""#));
            for path in ["README.md", "ci", ".gitignore", "kit/build", "kit/test", "kit/install"] {
                assert!(!text(path).is_empty());
            }
        }
    }

    #[test]
    fn no_word_of_a_template_is_left() {
        let words = ["my-plugin", "my_plugin", "{usage}", "{language}", "{source}", "{tests}", "{needs}", "{world}"];
        let more = ["{features}", "{csv}", "{policy}", "{masked_column}", "{key}"];
        let words: Vec<_> = words.into_iter().chain(more).collect();
        for (_, _, project) in projects() {
            for file in project.files().iter().filter(|file| !file.path.starts_with("kit/")) {
                let left = words.iter().find(|word| file.text.contains(**word));
                assert_eq!(left, None, "{}", file.path);
            }
        }
    }

    #[test]
    fn a_project_has_one_world_of_the_kit_and_no_template() {
        for language in Language::ALL {
            let files = project(language, Kind::Masker).files();
            let others = ["template", "contract/pseudonym", "contract/classifier", "contract/text-classifier"];
            let strange = |file: &&File| others.iter().any(|other| file.path.contains(other));
            assert!(!files.iter().any(|file| strange(&file)), "{language:?}");
        }
    }

    #[test]
    fn scripts_are_programs_and_nothing_else_is() {
        let files = project(Language::C, Kind::Masker).files();
        let programs: Vec<_> = files.iter().filter(|file| file.is_executable()).map(|file| &*file.path).collect();
        assert_eq!(programs, ["ci", "kit/build", "kit/install", "kit/test"]);
    }

    #[test]
    fn a_name_that_no_plugin_can_have_is_refused_with_the_rule() {
        for name in ["", "Zip", "zip_3", "3zip", "-zip", "zip code", "../zip", "zïp", &"z".repeat(65)] {
            assert_eq!(Project::new(name, Language::C, Kind::Masker), Err(Refusal::Name), "{name}");
        }
        assert!(Refusal::Name.to_string().contains("lower-case letters"));
    }

    #[test]
    fn what_a_kit_cannot_make_is_refused_and_named() {
        assert!(Project::new("ssn", Language::Go, Kind::Classifier).is_ok());
        let refusal = Project::new("ssn", Language::C, Kind::KeyedMasker(Key::Token)).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "there is no project of the world token-masker in c: take rust, or one of masker, classifier, text-classifier, \
             pseudonym-masker"
        );
    }
}
