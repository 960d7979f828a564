// Package impostor keeps the cases of fake government sites and accounts
// (Article 23(2) and (3)): what was found by the monitor, by a citizen or by a
// unit, the verification by a named person, the referral to 网信 and what 通信
// (resolution, access) and 公安 (punishment) were asked to do and did, and the
// watch over whether the fake is gone. A fake may stand at an IP address without a
// name; it is then compared with no name, and no resolution is stopped.
//
// Where a look finds the page of a suspected site, it is set beside the home page of
// the genuine one (title, menu, text, logo, icon, links, copied codes and marks). That
// is shown to the person who verifies and says which case to look at first.
//
// It decides which names made from a protected host are asked of the DNS and
// when, that none of them is contacted until a person asks for it, which step
// may follow which, and by when. It does not decide that a name looks like
// another (check/lookalike), nor that one is a fake: a person does.
package impostor
