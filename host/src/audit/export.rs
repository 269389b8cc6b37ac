//! Records for a SIEM, as events of OCSF: JSON, so that nothing has to be escaped twice, and typed, where CEF would put
//! who, what and how it ended in custom text fields.

use serde_json::{Value, json};

use super::event::Outcome;
use super::record::Record;
use super::time::milliseconds;

/// The version of the schema.
const VERSION: &str = "1.3.0";
/// API Activity, in the category Application Activity.
const CLASS: u64 = 6003;
const CATEGORY: u64 = 6;

/// A record of the trail with this name as an OCSF event of class API Activity (6003).
pub fn to_ocsf(record: &Record, origin: &str) -> Value {
    let (activity, activity_name) = activity(&record.action);
    let (status, status_name, severity) = match record.outcome {
        // Critical: somebody has to look at it.
        Outcome::Allowed if record.action == "glass-broken" => (1, "Success", 5),
        Outcome::Done | Outcome::Allowed => (1, "Success", 1),
        Outcome::Failed | Outcome::Interrupted => (2, "Failure", 2),
        Outcome::Denied => (2, "Failure", 3),
    };
    let uid = record.who.uid.map_or_else(|| record.who.name.clone(), |uid| uid.to_string());
    json!({
        "class_uid": CLASS,
        "category_uid": CATEGORY,
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": CLASS.saturating_mul(100).saturating_add(activity),
        "severity_id": severity,
        "status_id": status,
        "status": status_name,
        "status_detail": record.outcome,
        "time": milliseconds(&record.time),
        "actor": { "user": { "name": record.who.name, "uid": uid } },
        "api": { "operation": record.action },
        "src_endpoint": { "hostname": record.who.host },
        "metadata": {
            "version": VERSION,
            "product": { "name": "Moretta", "vendor_name": "Moretta" },
            "uid": format!("{origin}/{}", record.number),
            "sequence": record.number,
            "event_code": record.action,
            "correlation_uid": record.run,
            "original_time": record.time,
        },
        "unmapped": { "details": record.details, "previous": record.previous, "login_uid": record.who.login_uid },
    })
}

fn activity(action: &str) -> (u64, &str) {
    match action {
        "quarantine-opened" | "quarantine-read" | "reveal-opened" | "revealed" => (2, "Read"),
        "masked" | "key-changed" | "revision-in-force" | "revision-rolled-back" => (3, "Update"),
        "dataset-closed" | "dataset-stopped" | "dataset-drained" | "dataset-started" => (3, "Update"),
        other => (99, other),
    }
}
