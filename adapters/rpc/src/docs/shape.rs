//! What a result looks like, from its type.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The schema of what is written, not of what could be read.
pub(crate) fn shape<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<T>()
}

/// Documents a type as the one that it is written as.
macro_rules! documented_as {
    ([$($generics:tt)*] $type:ty, $written:ty) => {
        impl<$($generics)*> schemars::JsonSchema for $type
        where
            $written: schemars::JsonSchema,
        {
            fn inline_schema() -> bool {
                <$written as schemars::JsonSchema>::inline_schema()
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                <$written as schemars::JsonSchema>::schema_name()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                <$written as schemars::JsonSchema>::schema_id()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                <$written as schemars::JsonSchema>::json_schema(generator)
            }
        }
    };
}
pub(crate) use documented_as;

/// Types that several methods show, by name.
#[derive(Default)]
pub(super) struct Shapes(BTreeMap<String, Value>);

/// The result's own fields, or the shape that it is, or those that it may be.
pub(super) fn own_fields(page: &mut String, schema: &Schema, shapes: &mut Shapes) {
    let root = schema.as_value();
    shapes.collect(root);
    let title = root["title"].as_str().unwrap_or_default();
    if Shapes::is_shared(title) {
        let mut own = root.clone();
        if let Some(own) = own.as_object_mut() {
            own.remove("$defs");
        }
        shapes.0.insert(title.to_owned(), own);
        _ = writeln!(page, ": {}.", link(title));
        return;
    }
    if root["anyOf"].is_array() {
        _ = writeln!(page, ": {}.", kind(root));
        return;
    }
    page.push_str("\n\n");
    if root["properties"].as_object().is_none_or(Map::is_empty) {
        page.push_str("Nothing.\n");
        return;
    }
    fields(page, root);
}

impl Shapes {
    /// Whether a type of that name is shown by itself, and not as one method's.
    fn is_shared(title: &str) -> bool {
        ["PartView", "PaymentView", "OwnInvoiceView"].contains(&title)
    }

    fn collect(&mut self, root: &Value) {
        let defs = root["$defs"].as_object().into_iter().flatten();
        for (name, schema) in defs {
            self.0.insert(name.clone(), schema.clone());
        }
    }

    pub(super) fn write(&self, page: &mut String) {
        for (name, schema) in &self.0 {
            let Some(variants) = schema["anyOf"].as_array() else {
                _ = write!(page, "\n### {}\n\n", called(name));
                fields(page, schema);
                continue;
            };
            let variants: Vec<_> = variants.iter().map(kind).collect();
            _ = write!(
                page,
                "\n### {}\n\n{}.\n",
                called(name),
                variants.join(" or ")
            );
        }
    }

    /// Whether a result has the fields that its type says, and no others.
    pub(super) fn check(&self, schema: &Schema, result: &Value) -> Result<(), String> {
        self.fits(schema.as_value(), result)
    }

    fn fits(&self, schema: &Value, value: &Value) -> Result<(), String> {
        if let Some(name) = reference(schema) {
            let shape = self.0.get(name);
            return self.fits(shape.ok_or_else(|| format!("no shape {name}"))?, value);
        }
        if let Some(variants) = schema["anyOf"].as_array() {
            let mut fit = variants.iter().map(|variant| self.fits(variant, value));
            return fit
                .any(|fit| fit.is_ok())
                .then_some(())
                .ok_or_else(|| "it is none of the variants".to_owned());
        }
        if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
            return values.iter().try_for_each(|value| self.fits(items, value));
        }
        let (Some(known), Some(fields)) = (schema["properties"].as_object(), value.as_object())
        else {
            return Ok(());
        };
        for (name, value) in fields {
            let field = known.get(name);
            self.fits(field.ok_or_else(|| format!("{name} is in no type"))?, value)?;
        }
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                return Err(format!("{name} is missing"));
            }
        }
        Ok(())
    }
}

/// A row for each field.
fn fields(page: &mut String, schema: &Value) {
    page.push_str("| field | type | | meaning |\n|---|---|---|---|\n");
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|list| list.iter().any(|n| n == name));
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let meaning = field["description"].as_str().unwrap_or_default();
        let meaning = meaning.replace('\n', " ").replace('|', "\\|");
        let always = if is_required(name) { "always" } else { "" };
        _ = writeln!(
            page,
            "| `{name}` | {} | {always} | {meaning} |",
            kind(field)
        );
    }
}

/// The type of a field, in words.
fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return link(name);
    }
    if let Some(variants) = schema["anyOf"].as_array() {
        let some = variants.iter().filter(|variant| variant["type"] != "null");
        let some: Vec<_> = some.map(kind).collect();
        return some.join(" or ");
    }
    let named = match &schema["type"] {
        Value::Array(types) => types
            .iter()
            .find_map(|kind| kind.as_str().filter(|k| *k != "null")),
        kind => kind.as_str(),
    };
    match named {
        Some("array") => format!("array of {}", kind(&schema["items"])),
        Some("object") if schema.get("additionalProperties").is_some() => {
            format!("object of {}", kind(&schema["additionalProperties"]))
        }
        Some(other) => other.to_owned(),
        None => "any".to_owned(),
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

fn link(name: &str) -> String {
    let called = called(name);
    format!("[{called}](#{})", called.replace(' ', "-"))
}

/// `PartialInvoiceView` is a partial invoice.
fn called(name: &str) -> String {
    let mut words = String::new();
    for letter in name.strip_suffix("View").unwrap_or(name).chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}
