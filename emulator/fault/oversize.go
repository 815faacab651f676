package fault

import (
	"fmt"
	"strings"
)

// usualOversize is how many notifications an oversize request has if nothing is said: ten times what the service puts into one
// (W4.8-01 tells of lists, and 100 is the most that was seen).
const usualOversize = 1000

// Oversize makes a request larger than any that the service sends.
type Oversize struct {
	Items int `option:"items" min:"2" max:"100000" doc:"how often the notification stands in the list; 1000 if neither is given"`
	Bytes int `option:"bytes" min:"1" max:"16777216" doc:"how large a property is that is added to it"`
}

// Name implements [Fault].
func (*Oversize) Name() string { return "oversize" }

// What implements [Fault].
func (*Oversize) What() string {
	return "The request is larger than any of the service's: the notification stands in it many times, or has a property of many bytes."
}

// EditPlan implements [PlanFault].
func (f *Oversize) EditPlan(p *Plan) string {
	items := f.Items
	if f.Items == 0 && f.Bytes == 0 {
		items = usualOversize
	}
	var did []string
	if items > 0 {
		p.Repeat += items - 1
		did = append(did, fmt.Sprintf("stands %d times in the list", items))
	}
	if size := f.Bytes; size > 0 {
		p.Items = append(p.Items, func(item []byte) []byte {
			return addMembers(item, `"padding":"`+strings.Repeat("x", size)+`"`)
		})
		did = append(did, fmt.Sprintf("has a property of %d bytes", size))
	}
	return strings.Join(did, " and ")
}
