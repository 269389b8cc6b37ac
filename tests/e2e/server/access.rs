//! Who is believed to be who, and what they may do.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moretta_tests::http::{Answer, connect, exchange, head};
use moretta_tests::serving::{
    AUDIENCE, ISSUER, MASK, Serving, bearer, claims, configuration, jwks, now, signing_key, token,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{DATASETS, desk, table};

fn show(serving: &Serving, authorization: &[&str], path: &str) -> Answer {
    let body = table(3);
    let length = body.len().to_string();
    let mut fields = vec![("content-type", "text/csv"), ("content-length", length.as_str()), ("connection", "close")];
    fields.extend(authorization.iter().map(|value| ("authorization", *value)));
    exchange(connect(serving.address()), &[head("POST", path, &fields).as_bytes(), body.as_bytes()].concat())
}

/// HMAC-SHA-256 (RFC 2104) under a key that is shorter than a block.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let padded = |pad: u8| (0..64).map(|at| key.get(at).unwrap_or(&0) ^ pad).collect::<Vec<_>>();
    let inner = Sha256::digest([&padded(0x36), text].concat());
    Sha256::digest([&padded(0x5c), inner.as_slice()].concat()).to_vec()
}

fn head_of(more: &[(&str, Value)]) -> Value {
    let mut head = json!({ "alg": "EdDSA", "kid": "one", "typ": "JWT" });
    more.iter().for_each(|(name, value)| head[*name] = value.clone());
    head
}

fn claims_with(more: &[(&str, Value)]) -> Value {
    let mut claims = claims("etl");
    more.iter().for_each(|(name, value)| claims[*name] = value.clone());
    claims
}

#[test]
fn a_token_that_is_wrong_in_one_way_is_not_believed() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    show(&serving, &[&bearer("etl")], MASK).assert_whole();
    let of_head = |more: &[(&str, Value)]| token(&head_of(more), &claims("etl"));
    let of_claims = |more: &[(&str, Value)]| token(&head_of(&[]), &claims_with(more));
    let mut incomplete = claims("etl");
    incomplete.as_object_mut().unwrap().remove("exp");
    let good = token(&head_of(&[]), &claims("etl"));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let forged = URL_SAFE_NO_PAD.encode([1; 64]);
    // Who verifies with a public key must not take it for a shared secret.
    let confused = of_head(&[("alg", "HS256".into())]);
    let (text, _) = confused.rsplit_once('.').unwrap();
    let mac = hmac(signing_key().verifying_key().as_bytes(), text.as_bytes());
    let confused = format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac));
    for (what, token) in [
        ("no algorithm", of_head(&[("alg", "none".into())])),
        ("no algorithm, no signature", format!("{}.", of_head(&[("alg", "none".into())]).rsplit_once('.').unwrap().0)),
        ("another algorithm", of_head(&[("alg", "ES256".into())])),
        ("a shared secret", confused),
        ("an unknown key", of_head(&[("kid", "two".into())])),
        ("no key", of_head(&[("kid", Value::Null)])),
        ("a key of its own", of_head(&[("kid", "two".into()), ("jwk", jwks()["keys"][0].clone())])),
        ("a demand that is not understood", of_head(&[("crit", json!(["exp"]))])),
        ("another issuer", of_claims(&[("iss", "https://other.example".into())])),
        ("another audience", of_claims(&[("aud", "other".into())])),
        ("no audience", of_claims(&[("aud", Value::Null)])),
        ("expired", of_claims(&[("exp", (now() - 31).into())])),
        ("not valid yet", of_claims(&[("nbf", (now() + 60).into())])),
        ("without end", token(&head_of(&[]), &incomplete)),
        ("no subject", of_claims(&[("sub", Value::Null)])),
        ("a forged signature", format!("{signed}.{forged}")),
        ("no signature", signed.to_owned()),
        ("another text", format!("{}x.{signature}", &signed[..signed.len() - 1])),
        ("nothing", String::new()),
        ("garbage", "a.b.c".to_owned()),
        ("too long", "a".repeat(20_000)),
    ] {
        let answer = show(&serving, &[&format!("Bearer {token}")], MASK);
        // The head of a request has its own bound.
        let refused = [401, 431].contains(&answer.status) && (answer.status == 401 || what == "too long");
        assert!(refused, "{what}: {} {}", answer.status, answer.text());
    }
    show(&serving, &[], MASK).assert_status(401);
    show(&serving, &["Basic ZXRsOng="], MASK).assert_status(401);
    show(&serving, &[&bearer("etl"), &bearer("etl-2")], MASK).assert_status(401);
    let answer = show(&serving, &[], MASK);
    assert_eq!((answer.problem().as_str(), answer.field("www-authenticate")), ("unauthenticated", "Bearer"));
    // Several audiences are allowed (RFC 7519, section 4.1.3), and clocks may differ a little.
    for claims in [claims_with(&[("aud", json!(["x", AUDIENCE]))]), claims_with(&[("exp", (now() - 5).into())])] {
        show(&serving, &[&format!("bearer {}", token(&head_of(&[]), &claims))], MASK).assert_whole();
    }
}

#[test]
fn what_no_role_allows_is_denied() {
    let desk = desk("");
    let serving = Serving::start(&desk);
    for (subject, path, status) in [
        ("nobody", MASK, 403),
        ("unknown", MASK, 403),
        ("anna", MASK, 403),
        ("etl", "/v1/datasets/patients/stop", 403),
        ("etl", "/v1/datasets/patients/start", 403),
        // Who may not ask does not learn which datasets there are.
        ("etl", "/v1/datasets/other/mask", 403),
        ("anna", "/v1/datasets/other/stop", 404),
        ("anna", "/v1/datasets/..%2fpatients/stop", 404),
    ] {
        let answer = show(&serving, &[&bearer(subject)], path);
        assert_eq!(answer.status, status, "{subject} {path}: {}", answer.text());
    }
    let lives = exchange(connect(serving.address()), head("GET", "/healthz", &[("connection", "close")]).as_bytes());
    lives.assert_status(200);
    let ready = exchange(connect(serving.address()), head("GET", "/readyz", &[("connection", "close")]).as_bytes());
    ready.assert_status(200);
    serving.mask("etl", &table(3)).assert_whole();
}

#[test]
fn a_token_that_serves_once_serves_once() {
    let desk = desk("");
    let once = format!("audience: {AUDIENCE}, single_use: true }}");
    desk.put("moretta.yaml", configuration(DATASETS).replace(&format!("audience: {AUDIENCE} }}"), &once));
    let use_it = |serving: &Serving, claims: &Value| {
        show(serving, &[&format!("Bearer {}", token(&head_of(&[]), claims))], MASK).status
    };
    let serving = Serving::start(&desk);
    let first = claims_with(&[("jti", "first".into()), ("iat", (now() + 1).into())]);
    assert_eq!((use_it(&serving, &first), use_it(&serving, &first)), (200, 401));
    let second = claims_with(&[("jti", "second".into()), ("iat", (now() + 1).into())]);
    assert_eq!(use_it(&serving, &second), 200);
    assert_eq!(use_it(&serving, &claims_with(&[("iat", (now() + 1).into())])), 401);
    drop(serving);
    // A server that is started anew did not see it used: what was issued before it began may have been.
    std::thread::sleep(Duration::from_secs(2));
    let serving = Serving::start(&desk);
    assert_eq!(use_it(&serving, &first), 401);
    assert_eq!(use_it(&serving, &claims_with(&[("jti", "third".into()), ("iat", (now() + 1).into())])), 200);
}

#[test]
fn keys_that_are_new_are_known_and_keys_that_are_gone_are_not() {
    let desk = desk("");
    desk.put("moretta.yaml", configuration(DATASETS).replace(ISSUER, &format!("{ISSUER}, refresh_seconds: 1")));
    let serving = Serving::start(&desk);
    serving.mask("etl", &table(3)).assert_whole();
    let mut renamed = jwks();
    renamed["keys"][0]["kid"] = "two".into();
    desk.put("jwks.json", renamed.to_string());
    let with_new = format!("Bearer {}", token(&head_of(&[("kid", "two".into())]), &claims("etl")));
    moretta_tests::serving::await_that("the new key", || show(&serving, &[&with_new], MASK).status == 200);
    show(&serving, &[&bearer("etl")], MASK).assert_status(401);
    // A file that is damaged leaves the keys as they are.
    desk.put("jwks.json", "{");
    serving.await_logged("token-keys-kept");
    show(&serving, &[&with_new], MASK).assert_whole();
}
