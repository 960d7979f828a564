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
