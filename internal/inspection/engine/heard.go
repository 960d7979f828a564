package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
)

// What a run is answered beside its crawl, in guises, at addresses made up, of site maps,
// style sheets and files, is noted in its journal, so that a run that was broken off asks
// nothing twice. Pages drawn in a browser are drawn again: how long they take is measured.

// heard is an answer as the journal keeps it. Its body follows, see noteBytes.
type heard struct {
	Asked string           `json:"asked"`
	OK    bool             `json:"ok"`
	Why   crawl.Why        `json:"why,omitempty"`
	Resp  *egress.Response `json:"resp,omitempty"`
	Wrong *egress.Error    `json:"wrong,omitempty"`
	Cause string           `json:"cause,omitempty"` // of what is wrong
}

// hear asks for an address as Manners.Fetch does, or gives what was answered before the run
// was broken off. what and at name the asking: where the address is made up, at is the place
// below which it was. The same asked again is another asking.
func (n *inspector) hear(ctx context.Context, what, at, address string, o egress.Options) (asked string, resp *egress.Response, ok bool, why crawl.Why, err error) {
	if n.o.Journal == nil {
		resp, ok, why, err = n.o.Manners.Fetch(ctx, address, o)
		return address, resp, ok, why, err
	}
	what = n.nth(what, at)
	var h heard
	body, known, err := n.notedBytes(ctx, what, at, &h)
	if err != nil {
		return address, nil, false, "", err
	}
	if known {
		if h.Resp != nil {
			h.Resp.Body = body
		}
		if h.Wrong == nil {
			return h.Asked, h.Resp, h.OK, h.Why, nil
		}
		if h.Cause != "" {
			h.Wrong.Err = errors.New(h.Cause)
		}
		return h.Asked, h.Resp, h.OK, h.Why, h.Wrong
	}
	resp, ok, why, err = n.o.Manners.Fetch(ctx, address, o)
	if ctx.Err() != nil || err != nil && !errors.As(err, &h.Wrong) {
		return address, resp, ok, why, err
	}
	h.Asked, h.OK, h.Why = address, ok, why
	if h.Wrong != nil {
		wrong := *h.Wrong
		if wrong.Err != nil {
			h.Cause, wrong.Err = wrong.Err.Error(), nil
		}
		h.Wrong = &wrong
	}
	if resp != nil {
		bare := *resp
		bare.Body = nil
		h.Resp, body = &bare, resp.Body
	}
	if err := n.noteBytes(ctx, what, at, h, body); err != nil {
		return address, nil, false, "", err
	}
	return address, resp, ok, why, err
}

// nth tells the askings of one kind at one place apart, in their order.
func (n *inspector) nth(what, at string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.times == nil {
		n.times = map[string]int{}
	}
	n.times[what+" "+at]++
	return fmt.Sprintf("%s %d", what, n.times[what+" "+at])
}

// noteBytes notes a thing and some bytes beside it.
func (n *inspector) noteBytes(ctx context.Context, what, at string, is any, body []byte) error {
	if n.o.Journal == nil {
		return nil
	}
	b, err := json.Marshal(is)
	if err == nil {
		b = append(append(b, '\n'), body...)
		err = n.o.Journal.Note(ctx, what, at, b)
	}
	if err != nil {
		return fmt.Errorf("engine: note %s at %s: %w", what, at, err)
	}
	return nil
}

// notedBytes gives back what noteBytes noted in this run before it was broken off.
func (n *inspector) notedBytes(ctx context.Context, what, at string, into any) (body []byte, ok bool, err error) {
	if n.o.Journal == nil {
		return nil, false, nil
	}
	b, ok, err := n.o.Journal.Noted(ctx, what, at)
	if err == nil && ok {
		var head []byte
		head, body, _ = bytes.Cut(b, []byte{'\n'})
		err = json.Unmarshal(head, into)
	}
	if err != nil {
		return nil, false, fmt.Errorf("engine: %s at %s: %w", what, at, err)
	}
	return body, ok, nil
}
