package check

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"sync"
)

// revisions count, family by family, the changes of how a family judges that its
// texts and lists do not show. Whoever changes what a check finds raises its
// family's: a confirmed false alarm is remembered for one edition of its rule, and
// every piece of evidence names the edition it was judged by.
var revisions = map[string]int{
	"concealed": 2,              // ancestors in selectors, what is shown on demand, arithmetic, forms, whole pages, many properties
	"link":      2,              // more ways to say that a domain is for sale, hosts of ill fame, hosts that answer any address
	"cloaked":   3,              // as a browser, by title, by what is concealed on the other page, by several links, on the first visit alone
	"tags":      1, "source": 1, // what a script fills in, other languages, short names, subtitles
	"privacy":    1, // identity numbers in groups that end in a letter
	"attachment": 2, // the same; numbers broken by an end of line
}

// readings counts the changes of how texts are read before lists judge them; see Lines.
const readings = 1

// byLists are the families that judge by the lists of spam words and hosts.
var byLists = map[string]bool{"concealed": true, "cloaked": true, "change": true, "link": true, "design": true, "script": true}

// Edition names the rule as it judges now: it changes with the rule and with
// nothing else.
func (c Check) Edition() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s|%s|%v|%v|%v|%v", c.ID, c.Severity, c.Articles, c.Says, c.AppliesTo, c.Objects)
	if byLists[c.Family()] {
		h.Write(lexiconJSON)
	}
	if f := c.Family(); f == "concealed" || f == "script" {
		h.Write(embeddedJSON)
	}
	return strconv.Itoa(1+revisions[c.Family()]) + "." + hex.EncodeToString(h.Sum(nil))[:8]
}

var editions = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, c := range table() {
		out[c.ID] = c.Edition()
	}
	return out
})

// RuleEdition is the edition of a rule by its id; what is judged by lists alone
// (wording) has that of all of them.
func RuleEdition(id string) string {
	if e, ok := editions()[id]; ok {
		return e
	}
	return Edition()
}
