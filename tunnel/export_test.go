package tunnel

// Reveal is the token itself, which nobody else gets to see.
func Reveal(t Token) string { return t.reveal() }

// Files are where a token is looked for.
func Files(p Places) []string { return p.files() }
