package e2e

import (
	"net/http"
	"testing"
	"time"
)

func waitHealthy(t testing.TB, addr string, within time.Duration) {
	t.Helper()
	for start := time.Now(); time.Since(start) < within; time.Sleep(100 * time.Millisecond) {
		r, err := http.Get("http://" + addr + "/healthz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				t.Logf("first page after %v", time.Since(start).Round(time.Millisecond))
				return
			}
		}
	}
	t.Fatal("the house did not become healthy")
}
