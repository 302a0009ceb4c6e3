//! Items in DynamoDB's JSON, with binary in base64.
use crate::Failure;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::{engine::general_purpose::STANDARD, Engine};
use serde_json::{json, Map, Value};
use std::collections::HashMap;

pub type Item = HashMap<String, AttributeValue>;

pub fn read(item: &Value) -> Result<Item, Failure> {
    let mut attributes = Item::new();
    for (name, value) in item.as_object().ok_or("an item is no object")? {
        attributes.insert(name.clone(), read_value(value)?);
    }
    Ok(attributes)
}

fn read_value(value: &Value) -> Result<AttributeValue, Failure> {
    let (kind, content) = value.as_object().and_then(|object| object.iter().next()).ok_or("a value has no type")?;
    Ok(match kind.as_str() {
        "S" => AttributeValue::S(text(content)?),
        "N" => AttributeValue::N(text(content)?),
        "B" => AttributeValue::B(bytes(content)?),
        "BOOL" => AttributeValue::Bool(content.as_bool().ok_or("a BOOL is none")?),
        "NULL" => AttributeValue::Null(true),
        "SS" => AttributeValue::Ss(all(content, text)?),
        "NS" => AttributeValue::Ns(all(content, text)?),
        "BS" => AttributeValue::Bs(all(content, bytes)?),
        "L" => AttributeValue::L(all(content, read_value)?),
        "M" => AttributeValue::M(read(content)?),
        other => return Err(format!("there is no type {other}").into()),
    })
}

fn text(content: &Value) -> Result<String, Failure> {
    Ok(content.as_str().ok_or("a text is none")?.to_string())
}

fn bytes(content: &Value) -> Result<Blob, Failure> {
    Ok(Blob::new(STANDARD.decode(text(content)?)?))
}

fn all<T>(contents: &Value, read: fn(&Value) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
    contents.as_array().ok_or("a list is none")?.iter().map(read).collect()
}

pub fn write(item: &Item) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), write_value(value))).collect::<Map<_, _>>())
}

fn write_value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": base64(bytes) }),
        AttributeValue::Bool(truth) => json!({ "BOOL": truth }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::Bs(members) => json!({ "BS": members.iter().map(base64).collect::<Vec<_>>() }),
        AttributeValue::L(elements) => json!({ "L": elements.iter().map(write_value).collect::<Vec<_>>() }),
        AttributeValue::M(entries) => json!({ "M": write(entries) }),
        other => panic!("no JSON for {other:?}"),
    }
}

fn base64(bytes: &Blob) -> String {
    STANDARD.encode(bytes.as_ref())
}
