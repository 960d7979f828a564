package assets

// Content is a file of the binary by its plain name, nil when there is none:
// for releases, which carry their own copy.
func Content(name string) []byte {
	f := byName[name]
	if f == nil {
		return nil
	}
	return f.plain
}
