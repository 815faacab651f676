package journal

// JSONSchema describes the JSON.
func (Kind) JSONSchema() map[string]any {
	return map[string]any{"type": "string", "enum": Kinds()}
}

// JSONSchema describes the JSON, which an exchange writes itself.
func (Exchange) JSONSchema() map[string]any {
	type object = map[string]any
	text, body := object{"type": "string"}, Body{}.JSONSchema()
	header := object{"type": "object", "additionalProperties": object{"type": "array", "items": text}}
	return object{
		"type":        "object",
		"description": "one HTTP request and what came of it",
		"properties": object{
			"method": text, "url": text, "requestHeader": header, "requestBody": body,
			"status":         object{"type": "integer", "description": "absent when no answer came"},
			"responseHeader": header, "responseBody": body,
			"started": object{"type": "string", "format": "date-time", "description": "real time"},
			"tookMs":  object{"type": "number"},
			"error":   object{"type": "string", "description": "why no answer came, or what was wrong with it"},
			"finding": object{"type": "string", "description": "id of the diagnosis"},
		},
		"required":             []string{"tookMs"},
		"additionalProperties": false,
	}
}

// JSONSchema describes the JSON.
func (Body) JSONSchema() map[string]any {
	return map[string]any{
		"description": "text, or base64 of what is none",
		"oneOf": []map[string]any{
			{"type": "string"},
			{
				"type": "object", "required": []string{"base64"}, "additionalProperties": false,
				"properties": map[string]any{"base64": map[string]any{"type": "string"}},
			},
			{"type": "null"},
		},
	}
}
