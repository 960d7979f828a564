package closing

import "time"

// ArchiveBudget bounds one archive.
type ArchiveBudget struct {
	Pages int           // documents fetched; 5,000
	Bytes int64         // of the archive; 180 MB, below what the store takes
	Time  time.Duration // 6 h
}

func (b ArchiveBudget) filled() ArchiveBudget {
	if b.Pages <= 0 {
		b.Pages = 5000
	}
	if b.Bytes <= 0 {
		b.Bytes = 180 << 20
	}
	if b.Time <= 0 {
		b.Time = 6 * time.Hour
	}
	return b
}
