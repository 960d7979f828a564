package check

// Privacy finds unmasked personal data in text.
func Privacy(text string) []Span { return nil }
