//! Does the steps of a file one after the other, with the official release, and writes what became of each: {"item"} or
//! {"error"}. Usage: dynaseal-interop IN OUT
use serde_json::{json, Value};

mod encryptor;
mod items;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, input, output] = arguments.as_slice() else { return Err("usage: dynaseal-interop IN OUT".into()) };
    let mut results = vec![];
    let steps: Value = serde_json::from_slice(&std::fs::read(input)?)?;
    for step in steps.as_array().ok_or("the steps are no list")? {
        results.push(match take(step).await {
            Ok(item) => json!({ "item": item }),
            Err(error) => json!({ "error": format!("{error:?}") }),
        });
    }
    std::fs::write(output, serde_json::to_vec(&results)?)?;
    Ok(())
}

async fn take(step: &Value) -> Result<Value, Failure> {
    let client = encryptor::encryptor(&step["config"]).await?;
    let item = items::read(&step["item"])?;
    let done = match step["do"].as_str() {
        Some("encrypt") => client.encrypt_item().plaintext_item(item).send().await?.encrypted_item,
        Some("decrypt") => client.decrypt_item().encrypted_item(item).send().await?.plaintext_item,
        _ => return Err(format!("there is no step {}", step["do"]).into()),
    };
    Ok(items::write(&done.ok_or("there is no item")?))
}
