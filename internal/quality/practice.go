package quality

// Practice is how one rule did at work, by what people made of its remarks.
// A remark that is neither mended, kept with a reason nor called a false alarm
// is still open and says nothing yet.
type Practice struct {
	Rule        string `json:"rule"`
	Seen        int    `json:"seen"`
	Mended      int    `json:"mended"`
	Kept        int    `json:"kept"` // left standing with a reason
	FalseAlarms int    `json:"false_alarms"`
}

// Decided is how many remarks people have judged.
func (p Practice) Decided() int { return p.Mended + p.Kept + p.FalseAlarms }

// Precision is the share of the judged remarks that were no false alarms.
func (p Practice) Precision() Share { return Share{Hits: p.Mended + p.Kept, Of: p.Decided()} }
