package fault

import "bytes"

// extras are members of every kind, as a later version of a schema may bring.
const extras = `"futureText":"\u00e9 \"quoted\"","futureNumber":12345678901234567890,"futureFlag":true,"futureNull":null,` +
	`"futureObject":{"@odata.type":"#future.thing","id":"1"},"futureList":[1,"two",{"three":null},[]]`

// ExtraProperties adds members that nobody knows.
type ExtraProperties struct{}

// Name implements [Fault].
func (*ExtraProperties) Name() string { return "extra-properties" }

// What implements [Fault].
func (*ExtraProperties) What() string {
	return "The notification has further properties that no schema knows, of every kind that JSON has."
}

// EditPlan implements [PlanFault].
func (*ExtraProperties) EditPlan(p *Plan) string {
	p.Items = append(p.Items, func(item []byte) []byte { return addMembers(item, extras) })
	return "unknown properties are added"
}

// addMembers puts members at the end of an object that has some.
func addMembers(object []byte, members string) []byte {
	end := bytes.LastIndexByte(object, '}')
	if end < 0 {
		return object
	}
	edited := make([]byte, 0, len(object)+len(members)+1)
	edited = append(append(edited, object[:end]...), ',')
	edited = append(edited, members...)
	return append(edited, object[end:]...)
}
