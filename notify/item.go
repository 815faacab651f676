package notify

// Item is a message, an event, a contact or a task as a reader sees it, in no schema's spelling.
type Item struct {
	ID         string
	ETag       string // the change key, without the W/"" around it
	Collection Collection
	Mailbox    Mailbox
	Folder     string // id of the folder that holds it
	Properties []Property
}

// Property is one named value. Names are Graph's (camelCase); a schema respells them. A Value is nil, a bool, an int, a string, a
// time.Time, an Enum, an Object or a List.
type Property struct {
	Name  string
	Value any
}

// Object is a nested value with named members, in order.
type Object []Property

// List is a collection value.
type List []any

// Enum is a word of a closed set in Graph's spelling, such as normal or html: schemas with capitals respell it.
type Enum string
