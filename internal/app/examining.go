package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"path"
	"strings"

	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/lexicon"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// houseScanner reads what a page or a manuscript says, beside the search for
// personal data: wording, and what Article 12(2) keeps out.
func (h *House) houseScanner(ctx context.Context, unit org.UnitID) (check.Scanner, error) {
	p, err := h.Lexicon.For(ctx, unit)
	if err != nil {
		return nil, err
	}
	return withContent{p}, nil
}

// carriedScanner reads with the lists that came in a plan, beside those of the
// binary; without any with the latter alone: a crawler has no house whose lists it
// could ask for.
func carriedScanner(words json.RawMessage, day calendar.Date) (check.Scanner, error) {
	if words == nil {
		p, err := proofread.New(proofread.Options{})
		if err != nil {
			return nil, err
		}
		return withContent{p}, nil
	}
	p, err := lexicon.ReadCarried(words, day)
	if err != nil {
		return nil, err
	}
	return withContent{p}, nil
}

// withContent reads for what Article 12(2) keeps out beside the wording.
type withContent struct{ words check.Scanner }

// Scan reads a text.
func (w withContent) Scan(text string) []check.Span {
	return append(w.words.Scan(text), check.Content.Scan(text)...)
}

// On reads with the lists of a day.
func (w withContent) On(day calendar.Date) check.Scanner {
	return withContent{check.ScannerOn(w.words, day)}
}

// mostAttachment is how much of an attachment is read into memory.
const mostAttachment = 32 << 20

// examining is what the library's checks are made with. h.Portal and the way
// out are looked at when they are asked: they are wired later.
func (h *House) examining() library.Examining {
	return library.Examining{
		Edition: func() string { return check.Edition() + proofread.Edition() + h.Lexicon.Edition(context.Background()) },
		Reader: func(ctx context.Context, unit org.UnitID) (library.Inspector, string, error) {
			p, err := h.Lexicon.For(ctx, unit)
			if err != nil {
				return nil, "", err
			}
			return func(text string) []check.Span { return check.Text(text, p, check.Content) }, check.Edition() + proofread.Edition() + h.Lexicon.EditionFor(ctx, unit), nil
		},
		Words: h.attachedWords,
		Own: func(address string) (library.ItemID, bool) {
			u, err := url.Parse(address)
			if err != nil {
				return "", false
			}
			local := u.Host == "" && u.Scheme == "" && strings.HasPrefix(u.Path, "/")
			if !local && (h.Portal == nil || !h.Portal.Serves(u.Hostname())) {
				return "", false
			}
			if page := itemLink(u.Path); page != "" {
				return library.ItemID(path.Base(page)), true
			}
			return "", true
		},
		Fetch: func(ctx context.Context, l check.Link) (check.LinkResult, string, error) {
			return h.Inspection.OutsideLink(ctx, l)
		},
	}
}

// attachedWords reads an attachment kept by its hash.
func (h *House) attachedWords(ctx context.Context, hash, name string) (string, error) {
	missing := fault.Newf(fault.Invalid, "附件“%s”找不到原文件，没有检查其中的文字；请重新上传。", name)
	ref, err := blob.ParseRef("sha256:" + strings.TrimPrefix(hash, "sha256:"))
	if err != nil {
		return "", missing.From(err)
	}
	size, err := h.Blobs.Stat(ctx, ref)
	if err != nil {
		return "", missing.From(err)
	}
	if size > mostAttachment {
		return official.Text(bytes.NewReader(nil), size, name, official.TextLimits{File: mostAttachment})
	}
	in, err := h.Blobs.Open(ctx, ref)
	if err != nil {
		return "", missing.From(err)
	}
	defer in.Close()
	body, err := io.ReadAll(in)
	if err != nil {
		return "", missing.From(err)
	}
	return official.Text(bytes.NewReader(body), int64(len(body)), name, official.TextLimits{File: mostAttachment})
}

// staged puts the page a version of an item would be to the checks of the patrol.
func (h *House) staged(ctx context.Context, it library.Item, v library.Version, site registry.SiteID, column registry.ColumnID, known map[string]bool) (inspection.Staged, bool, error) {
	page, path, err := h.Publisher.Staged(ctx, it, v, site, column)
	if err != nil || path == "" {
		return inspection.Staged{}, false, err
	}
	s, err := h.Inspection.Stage(ctx, site, path, page, known)
	return s, true, err
}
