package packs

// RepeatedName is the first name that stands twice in one object of a JSON
// document, "" for none: other versioned data is read as strictly as packs are.
func RepeatedName(b []byte) (string, error) { return repeatedName(b) }
