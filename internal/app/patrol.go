package app

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zhengshu/assets"
	"zhengshu/internal/browser"
	"zhengshu/internal/closing"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/frontier"
	"zhengshu/internal/hosts"
	"zhengshu/internal/inspection"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/reconciliation"
	"zhengshu/internal/seal"
)

// patrolExchange is where signed plans are put for crawlers that stand apart and
// where their batches come in: exchange/patrol in the data directory. The house's
// public key lies beside them in house.pub; the crawlers' are put into
// keys/crawlers.
func patrolExchange(dir string, keys *seal.Keyring) (inspection.Exchange, error) {
	seed, err := base64.RawURLEncoding.DecodeString(keys.Mac("inspection.plan", "signing key"))
	if err != nil || len(seed) != ed25519.SeedSize {
		return inspection.Exchange{}, errors.Join(errors.New("app: derive the key of plans"), err)
	}
	at := filepath.Join(dir, "exchange", "patrol")
	x := inspection.Exchange{Plans: filepath.Join(at, "plans"), Batches: filepath.Join(at, "batches"), Keys: filepath.Join(dir, "keys", "crawlers"), Key: ed25519.NewKeyFromSeed(seed)}
	for _, d := range []string{x.Plans, x.Batches, x.Keys} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return x, fmt.Errorf("app: patrol exchange: %w", err)
		}
	}
	pub, file := inspection.PublicKey(x.Key)+"\n", filepath.Join(at, "house.pub")
	if old, err := os.ReadFile(file); err == nil && string(old) == pub {
		return x, nil
	}
	if err := os.WriteFile(file, []byte(pub), 0o644); err != nil {
		return x, fmt.Errorf("app: patrol exchange: %w", err)
	}
	return x, nil
}

// CrawlConfig is what a crawler without the house's database needs.
type CrawlConfig struct {
	Plans, Batches string // folders
	Dir            string // its own: store and key
	House          string // public key of the house, or a file that holds it
	Slots          int
	Vantage        string
	Version        string // of this program
	Once           bool
	Policy         egress.Policy
	Browser        bool // looks at pages in Chromium, where one is installed
	Log            *slog.Logger
}

// Crawl runs a crawler until the context ends or, once, until nothing is left
// that may begin now. It returns its public key, which the house must know.
func Crawl(ctx context.Context, c CrawlConfig, told func(public string)) (err error) {
	house := strings.TrimSpace(c.House)
	if b, err := os.ReadFile(c.House); err == nil && c.House != "" {
		house = strings.TrimSpace(string(b))
	}
	if raw, err := base64.StdEncoding.DecodeString(house); err != nil || len(raw) != ed25519.PublicKeySize {
		return fault.New(fault.Invalid, "--house 应是平台的公钥，或存有公钥的文件（平台数据目录下 exchange/patrol/house.pub）。")
	}
	inspection.Frugal()
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	key, err := crawlerKey(c.Dir)
	if err != nil {
		return err
	}
	told(inspection.PublicKey(key))
	store, err := frontier.Open(ctx, c.Dir, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	here, err := egress.Here()
	if err != nil {
		return err
	}
	c.Policy.OwnAddresses = append(slices.Clone(c.Policy.OwnAddresses), here...)
	client := egress.New(c.Policy)
	defer client.Close()
	var drawn *browser.Browser
	if c.Browser {
		drawn = browser.New(browser.Settings{Axe: assets.Axe()})
	}
	crawler := inspection.NewCrawler(store, client, inspection.CrawlerSettings{Plans: c.Plans, Batches: c.Batches, House: map[string]bool{house: true}, Key: key, Slots: c.Slots, Vantage: c.Vantage, Version: c.Version, Log: c.Log,
		Scanner: carriedScanner, Browser: drawn, Looks: func(t inspection.Tools) map[string]inspection.Looker { return outsideLooks(t, 80, 443) }})
	if c.Once {
		return crawler.Once(ctx)
	}
	return crawler.Run(ctx)
}

// outsideLooks are the looks at what is no page that a crawler makes for a house without
// a way to the Internet, by the ports of sites.
func outsideLooks(t inspection.Tools, plain, secure uint16) map[string]inspection.Looker {
	return map[string]inspection.Looker{hosts.Kind: hosts.Looker(t, plain, secure), newmedia.FeedKind: newmedia.FeedLooker(t), newmedia.StoreKind: newmedia.StoreLooker(t), closing.OldKind: closing.OldLooker(t), reconciliation.GoneKind: reconciliation.GoneLooker(t)}
}

// crawlerKey reads the crawler's signing key, made when it is absent. Of
// processes that start at once one makes it.
func crawlerKey(dir string) (ed25519.PrivateKey, error) {
	file := filepath.Join(dir, "crawler.key")
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		part := fmt.Sprintf("%s.%d", file, os.Getpid())
		if err := os.WriteFile(part, []byte(base64.StdEncoding.EncodeToString(key.Seed())+"\n"), 0o600); err != nil {
			return nil, err
		}
		err = os.Link(part, file)
		if gone := os.Remove(part); gone != nil || err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, errors.Join(err, gone)
		}
		if b, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("app: %s is no signing key", file)
	}
	key := ed25519.NewKeyFromSeed(seed)
	return key, os.WriteFile(filepath.Join(dir, "crawler.pub"), []byte(inspection.PublicKey(key)+"\n"), 0o644)
}
