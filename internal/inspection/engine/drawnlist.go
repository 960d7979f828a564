package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/browser"
	"zhengshu/internal/check"
)

// drawnLists bounds the list pages of a run that are drawn to be read.
const drawnLists = 8

// saysEmpty are the words of a page whose list has nothing.
var saysEmpty = regexp.MustCompile(`暂无(?:相关)?(?:数据|内容|信息|记录|文章|结果)|(?:没有|无)(?:相关|任何)?(?:数据|内容|信息|记录)|(?i:no (?:data|records?|results?))`)

// toDraw are the visits whose lists a script fills and whose bytes leave them undecided:
// first those of which an indicator speaks.
func (n *inspector) toDraw() (out []*visit) {
	for _, v := range n.order {
		if l := v.list; l != nil && v.sum != "" && !v.framed && v.drawnAs == nil && l.name != "" && !noColumn.MatchString(l.name) && (l.unfilled || l.scripted && l.items == 0) {
			out = append(out, v)
		}
	}
	told := func(v *visit) int {
		switch {
		case v.url == n.home, v.list.kind != check.ColumnOther:
			return 0
		case v.list.tagged, slices.ContainsFunc(n.target.Columns, func(c check.Column) bool { return c.URL == v.url || c.Name == v.list.name }):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b *visit) int { return told(a) - told(b) })
	return out[:min(len(out), drawnLists)]
}

// drawLists reads the lists that scripts fill as a browser draws them, from the bytes
// that are evidence. Where there is no browser they stay as they were read. Every run
// draws them, and be it that it measures nothing: else a column would be judged on the
// days of drawing only.
func (n *inspector) drawLists(ctx context.Context) error {
	list := n.toDraw()
	if n.o.Browser == nil || len(list) == 0 {
		return ctx.Err()
	}
	child, back, _, err := n.borrow(ctx)
	if err != nil {
		return err
	}
	if child == nil {
		return ctx.Err()
	}
	for _, v := range list {
		if err = n.drawList(ctx, child, v); err != nil {
			break
		}
	}
	return errors.Join(err, back())
}

func (n *inspector) drawList(ctx context.Context, child *browser.Child, v *visit) error {
	body, err := n.body(ctx, v)
	if err != nil || body == nil {
		return err
	}
	seen, err := child.Draw(ctx, browser.Job{URL: v.url, Body: body, ContentType: v.contentType, Widths: []int{wide}, Source: true})
	var none *browser.Unavailable
	if errors.As(err, &none) {
		return nil // undecided, as before
	}
	if err != nil {
		return err
	}
	if seen.Source == "" || seen.Status != 200 || !sameDomain(v.url, seen.Final) {
		return nil
	}
	page, err := check.ParsePage([]byte(seen.Source), "text/html; charset=utf-8", v.url)
	if err != nil {
		return nil // no page that can be read, and undecided
	}
	l := n.listingOf(page)
	// What a script asked for and did not get, or what comes later, may be newer than
	// what is shown: then a row says that the column is fresh, and nothing that it is not.
	whole := seen.Settled && seen.Refused == 0 && len(seen.Kept) == 0
	l.scripted = false
	l.unfilled = !whole || l.items == 0 && !saysEmpty.MatchString(page.VisibleText)
	v.list = &l
	sum := sha256.Sum256([]byte(seen.Source))
	b := Beside{As: AsDrawn, URL: v.url, Final: seen.Final, Status: seen.Status, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(seen.Source)), At: time.Now().UTC()}
	if n.store != nil && !personal([]byte(seen.Source), &visit{url: v.url, contentType: "text/html; charset=utf-8"}) {
		if b.Ref, err = n.store.Put(ctx, strings.NewReader(seen.Source)); err != nil {
			return fmt.Errorf("engine: keep the drawn page: %w", err)
		}
	}
	v.drawnAs = []Beside{b}
	return nil
}
