package engine

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/html/charset"

	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
)

// Planted pages often stand where no page of the site leads: they are handed to search
// engines by a site map. So a run also reads a few pages that the site maps name.
const (
	mapsRead    = 3       // site maps read in one run
	mappedPages = 5       // of their pages, drawn by the day
	mapBody     = 2 << 20 // of one site map
	mostMapped  = 50000   // addresses of one site map, by its standard
)

// mapped are pages drawn from the site maps that robots.txt names on the site's hosts. A
// site map that does not come names none.
func (n *inspector) mapped(ctx context.Context) ([]string, error) {
	most := min(mappedPages, n.o.MaxPages/4)
	if most < 1 || !n.o.wants("concealed") {
		return nil, nil
	}
	named, err := n.o.Manners.Sitemaps(ctx, n.start)
	if err != nil {
		return nil, err
	}
	day := n.o.Today.String()
	byLot := func(a, b string) int {
		return cmp.Or(cmp.Compare(DrawLot(day, a), DrawLot(day, b)), strings.Compare(a, b))
	}
	ours := func(addresses []string) (out []string) {
		for _, a := range addresses {
			if u, err := crawl.Canonical(n.start, a); err == nil && sameDomain(n.start, u) && !slices.Contains(out, u) {
				if out = append(out, u); len(out) >= 20*mappedPages {
					break
				}
			}
		}
		return out
	}
	var pages []string
	maps := ours(named)
	for i := 0; i < len(maps) && i < mapsRead; i++ {
		_, resp, ok, _, err := n.hear(ctx, "site map", maps[i], maps[i], egress.Options{RecordTLSFault: true, MaxBody: mapBody, Accept: "application/xml,text/xml,*/*;q=0.8"})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if fault := (*egress.Error)(nil); err != nil && !errors.As(err, &fault) {
			return nil, err
		}
		if !ok || resp == nil || resp.Status != http.StatusOK {
			continue
		}
		inner, addresses := readSiteMap(unzipped(resp.Body))
		slices.SortFunc(addresses, byLot)
		maps = append(maps, ours(inner)...)
		pages = append(pages, ours(addresses)...)
	}
	slices.SortFunc(pages, byLot)
	pages = slices.Compact(pages)
	return pages[:min(len(pages), most)], nil
}

// unzipped is a site map that may have been compressed (.xml.gz), as far as mapBody bytes
// of it: a map cut short is read as far as it goes.
func unzipped(body []byte) []byte {
	if !bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		return body
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil // it names no page
	}
	var out bytes.Buffer
	if _, err := io.Copy(&out, io.LimitReader(z, mapBody)); err != nil {
		return out.Bytes() // what follows cannot be read
	}
	return out.Bytes()
}

// readSiteMap returns the site maps and the pages that a site map names, as far as it can
// be read.
func readSiteMap(body []byte) (maps, pages []string) {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict, d.CharsetReader = false, charset.NewReaderLabel
	within, loc := "", false
	for len(maps)+len(pages) < mostMapped {
		t, err := d.Token()
		if err != nil {
			break // what follows cannot be read
		}
		switch e := t.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "url", "sitemap":
				within = e.Name.Local
			}
			loc = e.Name.Local == "loc"
		case xml.EndElement:
			loc = false
		case xml.CharData:
			address := strings.TrimSpace(string(e))
			switch {
			case !loc || address == "" || len(address) > 2048:
			case within == "sitemap":
				maps = append(maps, address)
			case within == "url":
				pages = append(pages, address)
			}
		}
	}
	return maps, pages
}
