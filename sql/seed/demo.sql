-- The demo organisation's services and forms. Safe to run again.

INSERT INTO service (slug, name, summary, description, duration_minutes, calcom_event_type_id,
    calendar_key, location, position)
VALUES
    ('care-consultation', 'Care consultation', 'Forty-five minutes with a senior nurse',
     'We listen, look at what your family needs, and leave you with a written plan.', 45, '4711',
     'nurses', 'Video call', 1),
    ('nursing-assessment', 'Nursing assessment at home', 'A nurse visits and assesses',
     'A registered nurse visits, takes observations and reports to the family.', 90, '4712',
     'visits', 'At home, Lagos', 2),
    ('discovery-call', 'Discovery call', 'Fifteen minutes, free of charge',
     'A first talk to find out whether we can help.', 15, '4713', 'coordinators', 'Phone call', 3)
ON CONFLICT (slug) DO NOTHING;

INSERT INTO service_price (service_id, currency, amount_minor, position)
SELECT s.service_id, p.currency, p.amount_minor, p.position
FROM service AS s JOIN (VALUES
    ('care-consultation', 'NGN', 2500000, 1), ('care-consultation', 'USD', 2500, 2),
    ('nursing-assessment', 'NGN', 6000000, 1), ('nursing-assessment', 'USD', 6000, 2))
    AS p(slug, currency, amount_minor, position) USING (slug)
ON CONFLICT DO NOTHING;

INSERT INTO intake_form (service_id, version, fields)
SELECT s.service_id, 1, CASE s.slug
    WHEN 'discovery-call' THEN '[
        {"key": "needs", "label": "What would you like to talk about?", "type": "long_text"}]'
    ELSE '[
        {"key": "needs", "label": "What do you need help with?", "type": "long_text", "required": true},
        {"key": "for-whom", "label": "Who is the care for?", "type": "choice", "required": true,
         "options": [{"value": "parent", "label": "A parent"}, {"value": "spouse", "label": "My spouse"},
                     {"value": "self", "label": "Myself"}, {"value": "other", "label": "Somebody else"}]},
        {"key": "conditions", "label": "Known conditions", "type": "multi_choice",
         "options": [{"value": "hypertension", "label": "Hypertension"}, {"value": "diabetes", "label": "Diabetes"},
                     {"value": "dementia", "label": "Dementia"}, {"value": "stroke", "label": "Stroke"}]},
        {"key": "born-on", "label": "Date of birth of the person cared for", "type": "date"},
        {"key": "contact-phone", "label": "A phone number in Nigeria", "type": "phone"},
        {"key": "second-email", "label": "Another family member''s email", "type": "email"},
        {"key": "may-call", "label": "You may call me about this request", "type": "consent", "required": true}]'
    END::jsonb
FROM service AS s
WHERE s.slug IN ('care-consultation', 'nursing-assessment', 'discovery-call')
  AND NOT EXISTS (SELECT FROM intake_form AS f WHERE f.service_id = s.service_id);
