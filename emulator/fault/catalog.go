package fault

// Kind describes a fault for people.
type Kind struct {
	Name    string
	Place   Place
	What    string   // it does, in one sentence
	On      []string // what a rule's On can be
	Options []Option
}

// Option is one of a fault's own.
type Option struct {
	Name, Form, Doc string
}

// Kinds lists all faults that [Parse] knows, by the place in which they strike.
func Kinds() []Kind {
	var kinds []Kind
	for _, f := range catalog() {
		place, _ := placeOf(f)
		k := Kind{Name: f.Name(), Place: place, What: f.What(), On: onWords(place, f)}
		for _, o := range optionsOf(f) {
			k.Options = append(k.Options, Option{o.name, o.form(), o.doc})
		}
		kinds = append(kinds, k)
	}
	return kinds
}

// catalog makes one of each, without options.
func catalog() []Fault {
	return []Fault{
		&NeverSent{}, &SentTwice{}, &OddToken{},

		&Drop{}, &Duplicate{}, &Delay{}, &Reorder{},
		&WrongClientState{}, &MissingClientState{}, &WrongHeader{},
		&WrongSignature{}, &WrongCertificateID{}, &RotatedCertificate{},
		&MissingTokens{}, &ExpiredTokens{}, &ForgedTokens{}, &WrongAudience{}, &WrongIssuer{}, &WrongPublisher{},
		&ExtraProperties{}, &NullEntry{}, &Oversize{}, &Malformed{}, &Truncated{}, &Cut{}, &SlowBody{},

		&Throttle{}, &Outage{}, &Latency{}, &Reset{}, &ClaimsChallenge{},

		&Before201{}, &ExpireEarly{}, &Removed{}, &Missed{},
	}
}

// named is the fault of a name, nil if there is none.
func named(name string) Fault {
	for _, f := range catalog() {
		if f.Name() == name {
			return f
		}
	}
	return nil
}
