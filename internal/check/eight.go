package check

// Long texts are passed eight bytes at a time where most of them hold nothing that is looked
// for. What is found of eight bytes is marked by the highest bit of each.
const (
	each    = 0x0101010101010101
	highest = 0x80 * each
)

// eight reads the eight bytes at i, the first lowest.
func eight[T string | []byte](s T, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// between marks those of eight bytes that are from one to another, both below 0x80 and the
// highest bit of the bytes left out of account.
func between(x uint64, from, to uint64) uint64 {
	low := x &^ highest
	return (low + each*(0x80-from)) &^ (low + each*(0x7F-to)) & highest
}
