package portal

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Certificates are the pairs NAME.crt (or .pem) and NAME.key of a folder, chosen
// by the host that the reader asks for. Files that change are taken over without
// a restart; a pair that cannot be read leaves the one before.
type Certificates struct {
	dir string
	log *slog.Logger

	now    atomic.Pointer[chain]
	looked atomic.Int64
	mu     sync.Mutex
	marks  map[string]string
	pairs  map[string]*tls.Certificate
	warned map[string]time.Time
}

type chain struct {
	names map[string]*tls.Certificate // host, or .parent of a wildcard
	first *tls.Certificate
	ends  map[string]time.Time // file → when it expires
}

// warnBefore is how long before its end a certificate is warned of.
const warnBefore = 30 * 24 * time.Hour

// OpenCertificates reads the folder. One good pair is needed to begin.
func OpenCertificates(dir string, log *slog.Logger) (*Certificates, error) {
	if log == nil {
		log = slog.Default()
	}
	c := &Certificates{dir: dir, log: log, marks: map[string]string{}, pairs: map[string]*tls.Certificate{}, warned: map[string]time.Time{}}
	if err := c.read(); err != nil {
		return nil, err
	}
	if c.now.Load().first == nil {
		return nil, fmt.Errorf("portal: no certificate with its key in %s", dir)
	}
	return c, nil
}

func (c *Certificates) read() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return fmt.Errorf("portal: certificates: %w", err)
	}
	held := map[string]bool{}
	for _, e := range entries {
		base, ok := strings.CutSuffix(e.Name(), ".crt")
		if !ok {
			if base, ok = strings.CutSuffix(e.Name(), ".pem"); !ok {
				continue
			}
		}
		cert, key := filepath.Join(c.dir, e.Name()), filepath.Join(c.dir, base+".key")
		held[cert] = true
		mark := markOf(cert) + markOf(key)
		if c.marks[cert] == mark {
			continue
		}
		c.marks[cert] = mark
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err == nil && pair.Leaf == nil {
			pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0])
		}
		if err != nil {
			c.log.Error("certificate not taken over", "file", cert, "error", err)
			continue
		}
		c.pairs[cert] = &pair
		c.log.Info("certificate taken over", "file", cert, "names", pair.Leaf.DNSNames, "until", pair.Leaf.NotAfter)
	}
	next := &chain{names: map[string]*tls.Certificate{}, ends: map[string]time.Time{}}
	now := time.Now()
	var files []string
	for file := range c.pairs {
		if !held[file] {
			delete(c.pairs, file)
			delete(c.marks, file)
			continue
		}
		files = append(files, file)
	}
	slices.Sort(files)
	for _, file := range files {
		pair := c.pairs[file]
		if next.first == nil {
			next.first = pair
		}
		next.ends[filepath.Base(file)] = pair.Leaf.NotAfter
		for _, name := range pair.Leaf.DNSNames {
			name = strings.TrimPrefix(strings.ToLower(name), "*")
			// Of two for one name the one that lasts longer.
			if old := next.names[name]; old == nil || old.Leaf.NotAfter.Before(pair.Leaf.NotAfter) {
				next.names[name] = pair
			}
		}
		if left := pair.Leaf.NotAfter.Sub(now); left < warnBefore && now.Sub(c.warned[file]) > 24*time.Hour {
			c.warned[file] = now
			c.log.Warn("certificate expires soon", "file", file, "until", pair.Leaf.NotAfter, "days", int(left.Hours()/24))
		}
	}
	c.now.Store(next)
	return nil
}

func markOf(file string) string {
	st, err := os.Stat(file)
	if err != nil {
		return "-"
	}
	return fmt.Sprint(st.Size(), ".", st.ModTime().UnixNano(), ";")
}

// Ends says when each certificate ends, by file name.
func (c *Certificates) Ends() map[string]time.Time { return c.now.Load().ends }

// pick is tls.Config.GetCertificate.
func (c *Certificates) pick(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	now := time.Now().UnixNano()
	if last := c.looked.Load(); now-last > int64(5*time.Second) && c.looked.CompareAndSwap(last, now) {
		if err := c.read(); err != nil {
			c.log.Error("certificates not read again", "error", err)
		}
	}
	all := c.now.Load()
	host := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if p := all.names[host]; p != nil {
		return p, nil
	}
	if i := strings.IndexByte(host, '.'); i > 0 {
		if p := all.names[host[i:]]; p != nil {
			return p, nil
		}
	}
	if all.first == nil {
		return nil, errors.New("portal: no certificate")
	}
	return all.first, nil
}

// config is for listeners that speak TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
func (c *Certificates) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.pick, NextProtos: []string{"h2", "http/1.1"}}
}
