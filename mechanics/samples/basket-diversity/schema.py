"""The JSON Schema (2020-12) of an offer's `params`."""

PARAMS_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Basket diversity",
    "type": "object",
    "required": ["tiers"],
    "additionalProperties": False,
    "properties": {
        "tiers": {
            "type": "array",
            "title": "From few categories to many",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["categories", "points"],
                "additionalProperties": False,
                "properties": {
                    "categories": {"type": "integer", "minimum": 2, "title": "From so many categories on"},
                    "points": {
                        "type": "string",
                        "pattern": r"^[0-9]+(\.[0-9]+)?$",
                        "title": "So many points",
                    },
                },
            },
        },
    },
}
