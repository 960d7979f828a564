package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/blackbox_exporter/config"
	"github.com/prometheus/blackbox_exporter/prober"
	"github.com/prometheus/client_golang/prometheus"

	"zhengshu/internal/egress"
)

// probeTargets are probed once each a round, probesAtOnce at the same time: a
// round is what both sides do every 10 seconds.
const (
	probeTargets = 1000
	probesAtOnce = 32
)

// probeAll runs one round.
func probeAll(one func(i int)) {
	work := make(chan int)
	var wg sync.WaitGroup
	for range probesAtOnce {
		wg.Go(func() {
			for i := range work {
				one(i)
			}
		})
	}
	for i := range probeTargets {
		work <- i
	}
	close(work)
	wg.Wait()
}

// probeServer says to this binary, started again, that it is the server.
const probeServer = "ZHENGSHU_BENCH_PROBE_SERVER"

// TestProbeServer is no test: it is the server of BenchmarkProbes.
func TestProbeServer(t *testing.T) {
	if os.Getenv(probeServer) == "" {
		t.Skip("the server of BenchmarkProbes, which starts it itself")
	}
	page := bytes.Repeat([]byte("x"), 8<<10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page) // the prober is gone
	}))
	defer s.Close()
	fmt.Println(s.URL)
	_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark is done
}

// serveApart starts the server in a process of its own.
func serveApart(b *testing.B) string {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestProbeServer$")
	cmd.Env = append(os.Environ(), probeServer+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			b.Errorf("the server: %v", err)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "http://") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // what the test framework says at the end
			return lines.Text()
		}
	}
	b.Fatal("the server did not start")
	return ""
}

// BenchmarkProbes holds 1,000 probes over fresh connections against
// blackbox_exporter's own HTTP prober doing the same. The server answers in a
// process of its own, so that only the probing is counted.
func BenchmarkProbes(b *testing.B) {
	address := serveApart(b)
	at := netip.MustParseAddrPort(strings.TrimPrefix(address, "http://"))
	client := egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}})
	defer client.Close()
	module := config.Module{Prober: "http", Timeout: 15 * time.Second, HTTP: config.HTTPProbe{IPProtocol: "ip4", IPProtocolFallback: true}}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	ours := func(int) {
		if r := client.Knock(context.Background(), address+"/"); !r.OK {
			b.Errorf("knock: %+v", r)
		}
	}
	theirs := func(int) {
		ctx, cancel := context.WithTimeout(context.Background(), module.Timeout)
		defer cancel()
		if !prober.ProbeHTTP(ctx, address+"/", module, prometheus.NewRegistry(), quiet) {
			b.Error("blackbox: failed")
		}
	}
	measure := func(one func(int)) time.Duration {
		begun := cpu(b)
		probeAll(one)
		return cpu(b) - begun
	}
	measure(ours)
	measure(theirs) // both warm
	var a, z time.Duration
	for b.Loop() {
		// By turns, so that the machine's other work falls on both.
		a += measure(ours)
		z += measure(theirs)
	}
	n := time.Duration(b.N)
	ratio := float64(a) / float64(z)
	b.ReportMetric(float64(a/n)/1e6, "ours-cpu-ms/1000")
	b.ReportMetric(float64(z/n)/1e6, "blackbox-cpu-ms/1000")
	b.ReportMetric(ratio, "ours/blackbox")
	if ratio > 0.6 {
		b.Errorf("1,000 probes cost %.2f of blackbox_exporter's processor time; wanted 0.6", ratio)
	}
}
