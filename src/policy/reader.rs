//! Reads TOML tables key by key, keeping the place of every value and collecting every error: an
//! unknown key, a missing one, a wrong kind. Serde stops at the first error and forgets places.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Places, PolicyError, Spot};
use super::suggestion::Suggestion;
use super::words::Words;

/// A file being read, with the errors found so far.
pub struct Doc<'t> {
    file: &'t str,
    places: Places<'t>,
    errors: RefCell<Vec<PolicyError>>,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub spot: Spot,
}

impl<'t> Doc<'t> {
    /// A file with its name for messages.
    pub fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, places: Places::of(text), errors: RefCell::default() }
    }

    /// Parses the file and reads its root table. Keys that `read` did not ask for are errors.
    pub fn read<T>(&self, read: impl FnOnce(&Table<'_, '_>) -> T) -> T {
        let (root, errors) = DeTable::parse_recoverable(self.places.text());
        for error in errors {
            let at = error.span().map_or(self.places.text().len(), |s| s.start);
            let words = error.message();
            self.error(at, format!("TOML 语法错误：{words}"), format!("TOML syntax: {words}"));
        }
        let table = Table::new(self, root.get_ref(), root.span(), String::new());
        let value = read(&table);
        table.finish();
        value
    }

    /// Every error found.
    pub fn into_errors(self) -> Vec<PolicyError> {
        self.errors.into_inner()
    }

    fn spot(&self, offset: usize) -> Spot {
        self.places.at(self.file, offset)
    }

    fn error(&self, offset: usize, zh: String, en: String) {
        self.push(PolicyError::new(self.spot(offset), zh, en));
    }

    fn push(&self, error: PolicyError) {
        self.errors.borrow_mut().push(error);
    }
}

/// One table of a file.
pub struct Table<'d, 'i> {
    doc: &'d Doc<'d>,
    table: &'d DeTable<'i>,
    span: Range<usize>,
    path: String,
    asked: RefCell<Vec<String>>,
}

impl<'d, 'i> Table<'d, 'i> {
    fn new(doc: &'d Doc<'d>, table: &'d DeTable<'i>, span: Range<usize>, path: String) -> Self {
        Self { doc, table, span, path, asked: RefCell::default() }
    }

    /// Where the table stands: its header, or its first key where it has none.
    pub fn spot(&self) -> Spot {
        self.doc.spot(self.span.start)
    }

    /// Reports an error of meaning at the table.
    pub fn error(&self, zh: impl Into<String>, en: impl Into<String>) {
        self.doc.error(self.span.start, zh.into(), en.into());
    }

    /// Reports an error of meaning at a place.
    pub fn error_at(&self, spot: &Spot, zh: impl Into<String>, en: impl Into<String>) {
        self.doc.push(PolicyError::new(spot.clone(), zh, en));
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'i>>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.iter().any(|a| a == key) {
            asked.push(key.to_owned());
        }
        self.table.get(key)
    }

    fn missing<T>(&self, key: &str, found: Option<T>) -> Option<T> {
        // A value of the wrong kind is there, and has been reported already.
        if found.is_none() && self.table.get(key).is_none() {
            let name = self.name(key);
            self.error(format!("缺少键 {name}"), format!("missing key {name}"));
        }
        found
    }

    fn wrong(&self, key: &str, found: &Spanned<DeValue<'i>>, want: (&str, &str)) {
        let (name, kind) = (self.name(key), kind_of(found.get_ref()));
        self.doc.error(
            found.span().start,
            format!("{name} 应为{}，实为{}", want.0, kind.0),
            format!("{name} must be {}, found {}", want.1, kind.1),
        );
    }

    fn read<T>(
        &self,
        key: &str,
        want: (&str, &str),
        read: impl FnOnce(&'d DeValue<'i>) -> Option<T>,
    ) -> Option<At<T>> {
        let found = self.value(key)?;
        match read(found.get_ref()) {
            Some(value) => Some(At { value, spot: self.doc.spot(found.span().start) }),
            None => {
                self.wrong(key, found, want);
                None
            }
        }
    }

    /// A text that may be missing.
    pub fn opt_text(&self, key: &str) -> Option<At<String>> {
        let want = ("非空文本", "a text that is not empty");
        self.read(key, want, |v| v.as_str().filter(|s| !s.trim().is_empty()).map(str::to_owned))
    }

    /// A text that must be there.
    pub fn text(&self, key: &str) -> Option<At<String>> {
        self.missing(key, self.opt_text(key))
    }

    /// A number, integer or float, that may be missing.
    pub fn opt_number(&self, key: &str) -> Option<At<f64>> {
        self.read(key, ("有限数值", "a finite number"), number)
    }

    /// A number that must be there.
    pub fn number(&self, key: &str) -> Option<At<f64>> {
        self.missing(key, self.opt_number(key))
    }

    /// A flag that may be missing.
    pub fn opt_flag(&self, key: &str) -> Option<At<bool>> {
        self.read(key, ("true 或 false", "true or false"), DeValue::as_bool)
    }

    /// A flag that must be there.
    pub fn flag(&self, key: &str) -> Option<At<bool>> {
        self.missing(key, self.opt_flag(key))
    }

    /// A list of texts that may be missing.
    pub fn opt_texts(&self, key: &str) -> Option<At<Vec<String>>> {
        self.read(key, ("文本列表", "a list of texts"), texts)
    }

    /// A list of texts that must be there.
    pub fn texts(&self, key: &str) -> Option<At<Vec<String>>> {
        self.missing(key, self.opt_texts(key))
    }

    /// One of a few words, that may be missing.
    pub fn opt_choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<At<T>> {
        let found = self.opt_text(key)?;
        match choices.iter().find(|(word, _)| *word == found.value) {
            Some((_, value)) => Some(At { value: *value, spot: found.spot }),
            None => {
                let all: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
                let (name, list) = (self.name(key), all.join(", "));
                let near = Suggestion::of(&found.value, all.iter().copied());
                self.error_at(
                    &found.spot,
                    format!("{name} 应为其中之一：{list}；实为“{}”{}", found.value, near.zh()),
                    format!("{name} must be one of {list}, found `{}`{}", found.value, near.en()),
                );
                None
            }
        }
    }

    /// One of a few words, that must be there.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<At<T>> {
        self.missing(key, self.opt_choice(key, choices))
    }

    /// A word of a closed vocabulary, that may be missing.
    pub fn opt_word<T: Words>(&self, key: &str) -> Option<T> {
        self.opt_choice(key, T::WORDS).map(|w| w.value)
    }

    /// A word of a closed vocabulary, that must be there.
    pub fn word<T: Words>(&self, key: &str) -> Option<T> {
        self.choice(key, T::WORDS).map(|w| w.value)
    }

    /// A list of words of a closed vocabulary, that must be there.
    pub fn words<T: Words>(&self, key: &str) -> Option<Vec<T>> {
        let found = self.texts(key)?;
        let known = |word: &String| {
            T::WORDS.iter().find(|(w, _)| w == word).map(|(_, v)| *v).or_else(|| {
                let list = T::WORDS.iter().map(|(w, _)| *w).collect::<Vec<_>>().join(", ");
                let name = self.name(key);
                self.error_at(
                    &found.spot,
                    format!("{name} 只能取 {list}；实为“{word}”"),
                    format!("{name} has only {list}, found `{word}`"),
                );
                None
            })
        };
        let read: Vec<Option<T>> = found.value.iter().map(known).collect();
        read.into_iter().collect()
    }

    /// A table that may be missing.
    pub fn opt_table<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Table<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        let found = self.value(key)?;
        let DeValue::Table(inner) = found.get_ref() else {
            self.wrong(key, found, ("表", "a table"));
            return None;
        };
        let start = start_of(inner, found.span());
        let table = Table::new(self.doc, inner, start, self.name(key));
        let value = read(&table);
        table.finish();
        value
    }

    /// A table that must be there.
    pub fn table<T>(&self, key: &str, read: impl FnOnce(&Table<'_, '_>) -> Option<T>) -> Option<T> {
        if self.table.get(key).is_none() {
            let name = self.name(key);
            self.asked.borrow_mut().push(key.to_owned());
            self.error(format!("缺少表 [{name}]"), format!("missing table [{name}]"));
            return None;
        }
        self.opt_table(key, read)
    }

    /// A list of tables; empty where the key is missing.
    pub fn tables<T>(&self, key: &str, read: impl Fn(&Table<'_, '_>) -> Option<T>) -> Vec<T> {
        let Some(found) = self.value(key) else { return Vec::new() };
        let DeValue::Array(items) = found.get_ref() else {
            self.wrong(key, found, ("表的列表", "a list of tables"));
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            let DeValue::Table(inner) = item.get_ref() else {
                self.wrong(key, item, ("表", "a table"));
                continue;
            };
            let table = Table::new(self.doc, inner, item.span(), self.name(key));
            out.extend(read(&table));
            table.finish();
        }
        out
    }

    /// A table whose keys are names of the file's own, each holding a table.
    pub fn named<T>(
        &self,
        key: &str,
        read: impl Fn(&str, &Table<'_, '_>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        self.opt_table(key, |outer| {
            let keys: Vec<String> = outer.keys().map(|k| k.value).collect();
            Some(
                keys.into_iter()
                    .filter_map(|k| outer.opt_table(&k, |t| read(&k, t)).map(|v| (k, v)))
                    .collect(),
            )
        })
        .unwrap_or_default()
    }

    /// Every key with its place.
    pub fn keys(&self) -> impl Iterator<Item = At<String>> {
        self.table.iter().map(|(k, _)| At {
            value: k.get_ref().to_string(),
            spot: self.doc.spot(k.span().start),
        })
    }

    /// The kind and the place of a value, which counts as asked for.
    pub fn raw(&self, key: &str) -> Option<At<&'d DeValue<'i>>> {
        let found = self.value(key)?;
        Some(At { value: found.get_ref(), spot: self.doc.spot(found.span().start) })
    }

    /// As [`Self::raw`], of a key that must be there.
    pub fn raw_required(&self, key: &str) -> Option<At<&'d DeValue<'i>>> {
        self.missing(key, self.raw(key))
    }

    /// Marks keys as asked for without reading them.
    pub fn ask(&self, keys: &[&str]) {
        for key in keys {
            self.value(key);
        }
    }

    fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table {
            let word = key.get_ref().as_ref();
            if asked.iter().any(|a| a == word) {
                continue;
            }
            let place = if self.path.is_empty() { "the file" } else { self.path.as_str() };
            let near = Suggestion::of(word, asked.iter().map(String::as_str));
            self.doc.error(
                key.span().start,
                format!("未知的键 {}{}", self.name(word), near.zh()),
                format!("unknown key `{word}` in {place}{}", near.en()),
            );
        }
    }
}

/// A finite number from an integer or a float: a file may write `1` where `1.0` is meant.
pub fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(i) if i.radix() == 10 => i.as_str().parse().ok(),
        DeValue::Float(f) => f.as_str().parse().ok(),
        _ => None,
    }
    .filter(|n: &f64| n.is_finite())
}

/// A list of texts.
pub fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    let DeValue::Array(items) = value else { return None };
    items.iter().map(|i| i.get_ref().as_str().map(str::to_owned)).collect()
}

/// What a value is, in both languages.
pub fn kind_of(value: &DeValue<'_>) -> (&'static str, &'static str) {
    match value {
        DeValue::String(s) if s.trim().is_empty() => ("空文本", "an empty text"),
        DeValue::String(_) => ("文本", "a text"),
        DeValue::Integer(_) | DeValue::Float(_) => ("数值", "a number"),
        DeValue::Boolean(_) => ("布尔值", "true or false"),
        DeValue::Datetime(_) => ("日期时间", "a date"),
        DeValue::Array(_) => ("列表", "a list"),
        DeValue::Table(_) => ("表", "a table"),
    }
}

/// A table that only its children name has no header of its own; its first key stands for it.
fn start_of(table: &DeTable<'_>, span: Range<usize>) -> Range<usize> {
    if span.start > 0 {
        return span;
    }
    table.iter().map(|(k, _)| k.span()).min_by_key(|s| s.start).unwrap_or(span)
}
