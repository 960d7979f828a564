package bench

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"zhengshu/internal/realdata"
)

// runner is one side of a race: it does the work once and says how long the
// part that counts took.
type runner struct {
	name string
	run  func() time.Duration
}

// timed makes a runner whose whole work counts.
func timed(name string, work func()) runner {
	return runner{name, func() time.Duration {
		start := time.Now()
		work()
		return time.Since(start)
	}}
}

// leastRounds is how many rounds a ratio rests on, however long one takes.
const leastRounds = 5

// race runs the product and its peers in turn, the order changing from round to
// round, so that what else the machine does falls on all alike. It reports the
// product's speed as units a second and as units a second of processor, and for
// each peer the median over the rounds of product time by peer time, by the clock
// and by the processor's: 1 is as fast, 2 takes twice as long. The better of the
// two is what an aim is held to: other work on the machine falls on the clock.
func race(b *testing.B, units float64, unit string, ours runner, peers ...runner) outcome {
	b.Helper()
	all := append([]runner{ours}, peers...)
	took, spent := make([][]float64, len(all)), make([][]float64, len(all))
	round := func(n int) {
		for i := range all {
			k := (i + n) % len(all)
			before := processor()
			took[k] = append(took[k], all[k].run().Seconds())
			spent[k] = append(spent[k], (processor() - before).Seconds())
		}
	}
	round(0) // warms up and does not count
	for k := range took {
		took[k], spent[k] = nil, nil
	}
	n := 0
	for b.Loop() {
		n++
		round(n)
	}
	for ; n < leastRounds; n++ {
		round(n)
	}
	b.ReportMetric(0, "ns/op") // the round as a whole says nothing
	b.ReportMetric(units/median(took[0]), unit+"/s")
	b.ReportMetric(units/median(spent[0]), unit+"/cpu_s")
	out := outcome{perCPU: units / median(spent[0]), times: map[string]float64{}}
	for k, p := range peers {
		clock, cpu := median(quotients(took[0], took[k+1])), median(quotients(spent[0], spent[k+1]))
		b.ReportMetric(clock, "ratio_"+p.name)
		b.ReportMetric(cpu, "by_cpu_"+p.name)
		out.times[p.name] = min(clock, cpu)
	}
	return out
}

// outcome is what a race came to: units a second of processor, and the product's
// time by that of each peer.
type outcome struct {
	perCPU float64
	times  map[string]float64
}

// atLeast fails a benchmark whose figure is below its aim.
func atLeast(b *testing.B, what string, got, least float64) {
	b.Helper()
	if got < least {
		b.Errorf("%s: %.3g, below the aim of %.3g", what, got, least)
	}
}

// atMost fails a benchmark whose figure is above its aim.
func atMost(b *testing.B, what string, got, most float64) {
	b.Helper()
	if got > most {
		b.Errorf("%s: %.3g, above the aim of %.3g", what, got, most)
	}
}

func quotients(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range out {
		out[i] = a[i] / b[i]
	}
	return out
}

// processor is what this process has had of the processors, which holds on a
// busy machine.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the kernel refuses only an address outside the process
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	return (xs[len(xs)/2] + xs[(len(xs)-1)/2]) / 2
}

func readFile(b *testing.B, name string) []byte {
	b.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	return body
}

// sentences are the right forms of a wording set, one a line.
func sentences(b *testing.B) string {
	b.Helper()
	f, err := os.Open(filepath.Join(realdata.Path(b, "05_typos", "speed over official sentences"), "official_text_injected.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var out []byte
	for s := bufio.NewScanner(f); s.Scan(); {
		var r struct{ Tgt string }
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			b.Fatal(err)
		}
		out = append(append(out, r.Tgt...), '\n')
	}
	return string(out)
}
