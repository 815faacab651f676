package subscriber

import "context"

// look asks the service what there is, and brings the records in line: what is no more is forgotten, what got no answer is found, and what
// is ours and known to no record gets one, so that it is deleted.
func (k *Keeper) look(ctx context.Context) error {
	started := k.now()
	listed, err := k.list(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	records := k.desk.sorted()
	k.mu.Unlock()
	for _, r := range records {
		if r.ID == "" {
			continue
		}
		if err := k.review(ctx, r, listed); err != nil {
			return err
		}
		delete(listed, r.ID)
	}
	for _, s := range listed {
		if err := k.recognise(ctx, s, records); err != nil {
			return err
		}
	}
	k.mu.Lock()
	k.desk.unsure, k.desk.looked = false, started
	inherited := k.desk.inherit(started)
	k.mu.Unlock()
	for _, r := range inherited {
		k.tell(Event{Kind: Adopted, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
	}
	return nil
}

// list is what the service says that there is, by id; nothing where it has no list, or refuses it.
func (k *Keeper) list(ctx context.Context) (map[string]Subscription, error) {
	k.mu.Lock()
	lists := k.desk.lists()
	k.mu.Unlock()
	if !lists {
		return nil, nil
	}
	var all []Subscription
	err := k.ask(ctx, func(ctx context.Context, c *Client) (err error) {
		all, err = c.List(ctx)
		return err
	})
	if err != nil && lasting(err) {
		k.mu.Lock()
		k.desk.unlist = true
		k.mu.Unlock()
		k.tell(Event{Kind: Refused, Err: err})
		return nil, nil
	}
	listed := map[string]Subscription{}
	for _, s := range all {
		listed[s.ID] = s
	}
	return listed, err
}

// review compares a record with what the service has under its id. A list that lacks it may be behind, so one is asked for by itself then.
func (k *Keeper) review(ctx context.Context, r Record, listed map[string]Subscription) error {
	s, found := listed[r.ID]
	if !found {
		var err error
		if s, err = k.get(ctx, r.ID); err != nil {
			if lasting(err) && !gone(err) {
				return nil // it may not be read; what is known of it has to do
			}
			return k.orLost(ctx, r, err)
		}
	}
	was := r
	if s.NotificationURL != "" {
		r.Endpoint.URL = s.NotificationURL // it was re-pointed, and the answer did not come
	}
	if !s.Expires.IsZero() && !s.Expires.Equal(r.Expires) {
		r.Expires, r.Due = s.Expires, k.due(s.Expires)
	}
	if r != was {
		k.put(ctx, r)
	}
	return nil
}

// recognise finds out whether a subscription that no record has the id of is ours: by the URL that it notifies, and, as several may notify
// that, by the client state.
func (k *Keeper) recognise(ctx context.Context, s Subscription, records []Record) error {
	ours := k.config.Owns != nil && k.config.Owns(s.NotificationURL)
	doubtful := false
	for _, r := range records {
		same := r.Endpoint.URL == s.NotificationURL
		ours = ours || same
		doubtful = doubtful || same && r.ID == ""
	}
	if !ours {
		return nil
	}
	if doubtful { // a list shows no client state (W1.4-16)
		one, err := k.get(ctx, s.ID)
		switch {
		case err == nil:
			s = one
		case gone(err):
			return nil
		case !lasting(err):
			return err
		}
	}
	for _, r := range records {
		if r.ID == "" && s.ClientState != "" && r.ClientState == s.ClientState {
			r.ID, r.Expires, r.Due = s.ID, s.Expires, k.due(s.Expires)
			k.put(ctx, r)
			k.tell(Event{Kind: Adopted, Watch: r.Watch, ID: r.ID, Expires: r.Expires})
			return nil
		}
	}
	k.put(ctx, k.stamped(Record{Endpoint: Endpoint{URL: s.NotificationURL}, ID: s.ID, Intended: k.now(), Expires: s.Expires, Due: s.Expires}))
	k.tell(Event{Kind: Stray, ID: s.ID, Expires: s.Expires})
	return nil
}

func (k *Keeper) get(ctx context.Context, id string) (s Subscription, err error) {
	err = k.ask(ctx, func(ctx context.Context, c *Client) (err error) {
		s, err = c.Get(ctx, id)
		return err
	})
	return s, err
}
