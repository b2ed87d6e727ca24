//! Bodies that are ready: the shape that most gateways of a kind take, as templates.

use serde_json::{Value, json};

/// The names of the bodies.
pub(super) const NAMES: [&str; 3] = ["sms", "viber", "push"];

/// The body of a name.
pub(super) fn body(name: &str) -> Option<Value> {
    match name {
        "sms" => Some(json!({
            "message_id": "{{ message_id }}",
            "from": "{{ settings.from }}",
            "to": "{{ to }}",
            "text": "{{ text }}",
            "ttl": "{{ ttl_s }}",
        })),
        "viber" => Some(json!({
            "message_id": "{{ message_id }}",
            "from": "{{ settings.from }}",
            "to": "{{ to }}",
            "content": {
                "text": "{{ text }}",
                "image_url": "{{ values.image or none }}",
                "button": { "caption": "{{ values.button or none }}", "url": "{{ values.link or none }}" },
            },
            "ttl": "{{ ttl_s }}",
        })),
        "push" => Some(json!({
            "message": {
                "token": "{{ to }}",
                "notification": { "title": "{{ subject }}", "body": "{{ text }}", "image": "{{ values.image or none }}" },
                "data": { "message_id": "{{ message_id }}", "link": "{{ values.link or none }}" },
                "ttl": "{{ ttl_s }}",
            },
        })),
        _ => None,
    }
}
