package publishing

// CrashAt makes the publisher fail at a named step, as a process that dies
// there would leave things.
func (p *Publisher) CrashAt(step string, err error) {
	p.step = func(s string) error {
		if s == step {
			return err
		}
		return nil
	}
}

// AtStep does something once when the publisher comes to a named step.
func (p *Publisher) AtStep(step string, f func()) {
	done := false
	p.step = func(s string) error {
		if s == step && !done {
			done = true
			f()
		}
		return nil
	}
}

// Beside makes sites of more than n items be drawn beside, until the test ends.
func Beside(t interface{ Cleanup(func()) }, n int) {
	was := inline
	inline = n
	t.Cleanup(func() { inline = was })
}

// OnDrawn is told how many pages each release drew.
func (p *Publisher) OnDrawn(f func(int)) { p.drawn = f }
