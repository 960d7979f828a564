package portal_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/publishing"
)

// TestExportServedByNginx serves a site's export by a plain nginx and compares
// every address with the portal.
func TestExportServedByNginx(t *testing.T) {
	s := serve(t)
	if err := (publishing.Squeeze{Site: "01S"}).Run(t.Context(), s.store); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "tree")
	x, err := s.store.ExportFolder(t.Context(), "01S", dir)
	if err != nil || x.Pages != 6 || x.Redirects != 1 || x.Gone != 1 || len(x.Odd) != 0 {
		t.Fatalf("%+v %v", x, err)
	}
	if _, err := s.store.ExportFolder(t.Context(), "01S", dir); err == nil {
		t.Error("exported into a folder that is not empty")
	}
	var z bytes.Buffer
	if y, err := s.store.ExportZip(t.Context(), "01S", &z); err != nil || y.Pages != x.Pages || z.Len() < 1000 {
		t.Errorf("zip: %+v %v", y, err)
	}
	for name, want := range map[string]string{"index.html": "home", "_redirects": "/old.html /news/ 301!", "_server/gone.txt": "/content/202611/gone.html", ".htaccess": `RedirectMatch 301 "^/old\.html$" "/news/"`, "_server/Caddyfile": "redir /old.html /news/ 301", "_server/README.md": "1 条跳转", "news/index.html.br": ""} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: %v %.200s", name, err, b)
		}
	}
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("left out: nginx is not installed, so that no other server has served the export")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	conf, err := os.ReadFile(filepath.Join(dir, "_server", "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("ROOT", dir, "listen 80;", "listen "+addr+";", "    listen [::]:80;\n", "").Replace(string(conf))
	run := t.TempDir()
	for d := dir; len(d) > 1; d = filepath.Dir(d) { // nginx's workers are nobody
		if strings.HasPrefix(d, os.TempDir()+"/") {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	main := fmt.Sprintf("daemon off; master_process off; pid %s/pid; error_log %s/error.log;\nevents {}\nhttp { access_log off; include /etc/nginx/mime.types; client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;\n%s}\n", run, run, run, run, run, run, run, text)
	file := filepath.Join(run, "nginx.conf")
	if err := os.WriteFile(file, []byte(main), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, nginx, "-c", file, "-p", run)
	var says bytes.Buffer
	cmd.Stderr = &says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	for range 100 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			break
		}
		time.Sleep(30 * time.Millisecond)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, f := range files() {
		want := s.get(f.Path)
		body := read(t, want)
		req := httptest.NewRequest("GET", "http://"+addr+f.Path, nil)
		req.RequestURI = ""
		req.Host = "yunhe.localhost"
		got, err := client.Do(req)
		if err != nil {
			t.Fatalf("%v %s", err, says.String())
		}
		have := read(t, got)
		got.Body.Close()
		if got.StatusCode != want.StatusCode || want.StatusCode != 301 && have != body || want.StatusCode == 301 && !strings.HasSuffix(got.Header.Get("Location"), want.Header.Get("Location")) {
			t.Errorf("%s: nginx %d %q, portal %d %q", f.Path, got.StatusCode, got.Header.Get("Location"), want.StatusCode, want.Header.Get("Location"))
		}
	}
}
