//! What the official release is told of a table: the options of createItemEncryptor, with raw AES keyrings.
use crate::Failure;
use aws_db_esdk::item_encryptor::client::Client;
use aws_db_esdk::item_encryptor::types::dynamo_db_item_encryptor_config::DynamoDbItemEncryptorConfig;
use aws_db_esdk::material_providers::client::Client as MaterialProviders;
use aws_db_esdk::material_providers::types::keyring::KeyringRef;
use aws_db_esdk::material_providers::types::material_providers_config::MaterialProvidersConfig;
use aws_db_esdk::material_providers::types::{AesWrappingAlg, DbeAlgorithmSuiteId};
use aws_db_esdk::CryptoAction;
use aws_sdk_dynamodb::primitives::Blob;
use serde_json::Value;
use std::collections::HashMap;

pub async fn encryptor(config: &Value) -> Result<Client, Failure> {
    let mut builder = DynamoDbItemEncryptorConfig::builder()
        .logical_table_name(text(config, "logicalTableName")?)
        .partition_key_name(text(config, "partitionKeyName")?)
        .attribute_actions_on_encrypt(actions(config)?)
        .algorithm_suite_id(suite(config)?)
        .keyring(keyring(&config["keyring"]["aes"]).await?);
    if let Some(name) = config["sortKeyName"].as_str() {
        builder = builder.sort_key_name(name);
    }
    if let Some(names) = config["allowedUnsignedAttributes"].as_array() {
        let names = names.iter().filter_map(Value::as_str).map(str::to_string).collect::<Vec<_>>();
        builder = builder.allowed_unsigned_attributes(names);
    }
    if let Some(prefix) = config["allowedUnsignedAttributePrefix"].as_str() {
        builder = builder.allowed_unsigned_attribute_prefix(prefix);
    }
    Ok(Client::from_conf(builder.build()?)?)
}

async fn keyring(keys: &Value) -> Result<KeyringRef, Failure> {
    let providers = MaterialProviders::from_conf(MaterialProvidersConfig::builder().build()?)?;
    let mut keyrings = vec![];
    for key in keys.as_array().ok_or("the keyring is none of raw AES keys")? {
        keyrings.push(
            providers
                .create_raw_aes_keyring()
                .key_namespace(text(key, "namespace")?)
                .key_name(text(key, "name")?)
                .wrapping_key(Blob::new(hex::decode(text(key, "key")?)?))
                .wrapping_alg(AesWrappingAlg::AlgAes256GcmIv12Tag16)
                .send()
                .await?,
        );
    }
    let children = keyrings.split_off(1);
    let first = keyrings.remove(0);
    if children.is_empty() {
        return Ok(first);
    }
    Ok(providers.create_multi_keyring().generator(first).child_keyrings(children).send().await?)
}

fn actions(config: &Value) -> Result<HashMap<String, CryptoAction>, Failure> {
    let mut actions = HashMap::new();
    for (name, action) in config["attributeActionsOnEncrypt"].as_object().ok_or("there are no actions")? {
        let action = match action.as_str() {
            Some("ENCRYPT_AND_SIGN") => CryptoAction::EncryptAndSign,
            Some("SIGN_ONLY") => CryptoAction::SignOnly,
            Some("SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT") => CryptoAction::SignAndIncludeInEncryptionContext,
            Some("DO_NOTHING") => CryptoAction::DoNothing,
            _ => return Err(format!("there is no action {action}").into()),
        };
        actions.insert(name.clone(), action);
    }
    Ok(actions)
}

fn suite(config: &Value) -> Result<DbeAlgorithmSuiteId, Failure> {
    Ok(match text(config, "algorithmSuite")?.as_str() {
        "0x6700" => DbeAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKeySymsigHmacSha384,
        _ => DbeAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384SymsigHmacSha384,
    })
}

fn text(node: &Value, name: &str) -> Result<String, Failure> {
    Ok(node[name].as_str().ok_or_else(|| format!("{name} is missing"))?.to_string())
}
