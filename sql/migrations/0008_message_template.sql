-- What we write to families, in English. {{names}} are filled in by lib/domain/template.h.
--
-- SMS say neither the service nor the client's name: a lock screen is read by others, and letters
-- outside GSM-7 would halve what fits (3GPP TS 23.038).
INSERT INTO message_template (key, channel, locale, subject, body_text, body_html) VALUES
('booking_confirmation', 'sms', 'en', NULL,
 '{{organisation_name}}: your appointment is confirmed for {{start_client}}.'
 ' Details and changes: {{manage_url}}', NULL),
('booking_reminder', 'sms', 'en', NULL,
 '{{organisation_name}}: a reminder of your appointment on {{start_client}}.'
 ' Need another time? {{manage_url}}', NULL),
('booking_cancelled', 'sms', 'en', NULL,
 '{{organisation_name}}: your appointment on {{start_client}} has been cancelled.'
 ' Choose another time: {{choose_url}}', NULL),
('booking_rescheduled', 'sms', 'en', NULL,
 '{{organisation_name}}: your appointment has moved to {{start_client}}.'
 ' Details and changes: {{manage_url}}', NULL)
ON CONFLICT (key, channel, locale) DO UPDATE
SET subject = EXCLUDED.subject, body_text = EXCLUDED.body_text, body_html = EXCLUDED.body_html;

-- Emails stand here twice, as text and as bare tags. The statement at the end joins the text's
-- wrapped lines (not those that start with a space or a dash) and gives the tags their look, because
-- mail programs want every style inline.
WITH RECURSIVE email (key, subject, body_text, body_html) AS (VALUES
('booking_confirmation', 'What to expect: your appointment on {{start_client}}', $$
Dear {{client_name}},

Your appointment with {{organisation_name}} is confirmed. We look forward to meeting you.

  What: {{service_name}} ({{duration_minutes}} minutes)
  When: {{start_client}}
  Our local time: {{start_care}}
  Where: {{location}}

What to expect

- We will listen first: who needs care, what a normal day looks like, and what worries you.
- You are welcome to have another member of the family with you.
- It helps to have a list of current medicines and the names of the doctors involved.
- At the end we will agree the next step together. Nothing is decided without you.

Add it to your calendar:
  Google Calendar: {{google_url}}
  Outlook: {{outlook_url}}

If the time no longer suits you, you can change or cancel it here:
  {{manage_url}}

If somebody is in danger or needs a doctor at once, please do not wait for the appointment: call your
local emergency number.

With warm wishes,
  {{organisation_name}}
$$, $$
<h1>Your appointment is confirmed</h1>
<p>Dear {{client_name}},</p>
<p>Thank you for choosing {{organisation_name}}. We look forward to meeting you.</p>
<table>
<tr><th>What</th><td>{{service_name}}, {{duration_minutes}} minutes</td></tr>
<tr><th>When</th><td><strong>{{start_client}}</strong></td></tr>
<tr><th>Our local time</th><td>{{start_care}}</td></tr>
<tr><th>Where</th><td>{{location}}</td></tr>
</table>
<p>Add it to your calendar: <a href="{{google_url}}">Google Calendar</a> or
<a href="{{outlook_url}}">Outlook</a>.</p>
<h2>What to expect</h2>
<ul>
<li>We will listen first: who needs care, what a normal day looks like, and what worries you.</li>
<li>You are welcome to have another member of the family with you.</li>
<li>It helps to have a list of current medicines and the names of the doctors involved.</li>
<li>At the end we will agree the next step together. Nothing is decided without you.</li>
</ul>
<p>If the time no longer suits you, you can change or cancel it.</p>
<button href="{{manage_url}}">View or change the appointment</button>
<p>If somebody is in danger or needs a doctor at once, please do not wait for the appointment: call
your local emergency number.</p>
$$),
('booking_reminder', 'Reminder: your appointment on {{start_client}}', $$
Dear {{client_name}},

This is a friendly reminder of your appointment with {{organisation_name}}.

  What: {{service_name}} ({{duration_minutes}} minutes)
  When: {{start_client}}
  Our local time: {{start_care}}
  Where: {{location}}

A quiet place and a list of your questions are all the preparation you need.

If something has come up, please tell us as soon as you can:
  {{manage_url}}

See you soon,
  {{organisation_name}}
$$, $$
<h1>See you soon</h1>
<p>Dear {{client_name}},</p>
<p>This is a friendly reminder of your appointment with {{organisation_name}}.</p>
<table>
<tr><th>What</th><td>{{service_name}}, {{duration_minutes}} minutes</td></tr>
<tr><th>When</th><td><strong>{{start_client}}</strong></td></tr>
<tr><th>Our local time</th><td>{{start_care}}</td></tr>
<tr><th>Where</th><td>{{location}}</td></tr>
</table>
<p>A quiet place and a list of your questions are all the preparation you need.</p>
<p>If something has come up, please tell us as soon as you can.</p>
<button href="{{manage_url}}">View or change the appointment</button>
$$),
('booking_thank_you', 'Thank you for talking with us', $$
Dear {{client_name}},

Thank you for the time you spent with us. Deciding how somebody you love is cared for is not easy, and
we are glad you let us help.

How was it for you? Two minutes of your time help us do better, for your family and for others:
  {{feedback_url}}

If a question has come up since, reply to this email and a person will answer.

With warm wishes,
  {{organisation_name}}
$$, $$
<h1>Thank you for talking with us</h1>
<p>Dear {{client_name}},</p>
<p>Thank you for the time you spent with us. Deciding how somebody you love is cared for is not easy,
and we are glad you let us help.</p>
<p>How was it for you? Two minutes of your time help us do better, for your family and for others.</p>
<button href="{{feedback_url}}">Tell us how it went</button>
<p>If a question has come up since, reply to this email and a person will answer.</p>
$$),
('feedback_follow_up', 'How are things since we spoke?', $$
Dear {{client_name}},

It has been two days since your appointment, and we wanted to ask how you are getting on.

If there is anything you are unsure about, reply to this email and a person will answer. There is no
question too small.

And if you have a moment, we would still love to hear how the appointment went:
  {{feedback_url}}

This is the last time we ask.

With warm wishes,
  {{organisation_name}}
$$, $$
<h1>How are things since we spoke?</h1>
<p>Dear {{client_name}},</p>
<p>It has been two days since your appointment, and we wanted to ask how you are getting on.</p>
<p>If there is anything you are unsure about, reply to this email and a person will answer. There is
no question too small.</p>
<p>And if you have a moment, we would still love to hear how the appointment went.</p>
<button href="{{feedback_url}}">Tell us how it went</button>
<p>This is the last time we ask.</p>
$$),
('booking_cancelled', 'Your appointment on {{start_client}} is cancelled', $$
Dear {{client_name}},

Your appointment with {{organisation_name}} has been cancelled. There is nothing more you need to do.

  What: {{service_name}}
  When it was: {{start_client}}
  Reason given: {{reason}}

If a refund is due to you, we will write to you about it separately.

Whenever you are ready, you can choose another time:
  {{choose_url}}

With warm wishes,
  {{organisation_name}}
$$, $$
<h1>Your appointment is cancelled</h1>
<p>Dear {{client_name}},</p>
<p>Your appointment with {{organisation_name}} has been cancelled. There is nothing more you need to
do.</p>
<table>
<tr><th>What</th><td>{{service_name}}</td></tr>
<tr><th>When it was</th><td>{{start_client}}</td></tr>
<tr><th>Reason given</th><td>{{reason}}</td></tr>
</table>
<p>If a refund is due to you, we will write to you about it separately.</p>
<p>Whenever you are ready, you can choose another time.</p>
<button href="{{choose_url}}">Choose another time</button>
$$),
('booking_rescheduled', 'New time: your appointment on {{start_client}}', $$
Dear {{client_name}},

Your appointment with {{organisation_name}} has a new time.

  What: {{service_name}} ({{duration_minutes}} minutes)
  New time: {{start_client}}
  Our local time: {{start_care}}
  Where: {{location}}

The earlier time no longer holds. Please put the new one in your calendar:
  Google Calendar: {{google_url}}
  Outlook: {{outlook_url}}

If this time does not suit you, you can change it here:
  {{manage_url}}

With warm wishes,
  {{organisation_name}}
$$, $$
<h1>Your appointment has a new time</h1>
<p>Dear {{client_name}},</p>
<p>Your appointment with {{organisation_name}} has moved. The earlier time no longer holds.</p>
<table>
<tr><th>What</th><td>{{service_name}}, {{duration_minutes}} minutes</td></tr>
<tr><th>New time</th><td><strong>{{start_client}}</strong></td></tr>
<tr><th>Our local time</th><td>{{start_care}}</td></tr>
<tr><th>Where</th><td>{{location}}</td></tr>
</table>
<p>Put it in your calendar: <a href="{{google_url}}">Google Calendar</a> or
<a href="{{outlook_url}}">Outlook</a>.</p>
<button href="{{manage_url}}">View or change the appointment</button>
$$),
('slot_taken', 'Please choose another time for your appointment', $$
Dear {{client_name}},

We are sorry: the time you chose, {{start_client}}, was taken a moment before we could confirm it.

Your payment is safe. It stays with your booking for {{service_name}}, and you will not be asked to pay
again.

Please choose another time, and we will confirm it at once:
  {{choose_url}}

If none of the times suits you, reply to this email and we will find one together or return your
payment.

With our apologies,
  {{organisation_name}}
$$, $$
<h1>Please choose another time</h1>
<p>Dear {{client_name}},</p>
<p>We are sorry: the time you chose, <strong>{{start_client}}</strong>, was taken a moment before we
could confirm it.</p>
<p>Your payment is safe. It stays with your booking for {{service_name}}, and you will not be asked to
pay again.</p>
<button href="{{choose_url}}">Choose another time</button>
<p>If none of the times suits you, reply to this email and we will find one together or return your
payment.</p>
$$),
('payment_refunded', 'We have refunded {{amount}}', $$
Dear {{client_name}},

We have sent your payment for {{service_name}} back to you.

  Amount: {{amount}}
  Payment reference: {{reference}}
  Why: {{reason}}

The money goes back the way it came. Banks usually take up to ten working days to show it; there is
nothing you need to do.

We would still be glad to meet you. Whenever you are ready, you can choose another time:
  {{choose_url}}

If anything about this is unclear, reply to this email and a person will answer.

With warm wishes,
  {{organisation_name}}
$$, $$
<h1>Your payment is on its way back</h1>
<p>Dear {{client_name}},</p>
<p>We have sent your payment for {{service_name}} back to you.</p>
<table>
<tr><th>Amount</th><td><strong>{{amount}}</strong></td></tr>
<tr><th>Payment reference</th><td>{{reference}}</td></tr>
<tr><th>Why</th><td>{{reason}}</td></tr>
</table>
<p>The money goes back the way it came. Banks usually take up to ten working days to show it; there is
nothing you need to do.</p>
<p>We would still be glad to meet you, whenever you are ready.</p>
<button href="{{choose_url}}">Choose another time</button>
<p>If anything about this is unclear, reply to this email and a person will answer.</p>
$$),
('payment_received', 'Receipt for {{amount}}: invoice {{invoice_number}}', $$
Dear {{client_name}},

Thank you. We have received your payment; your invoice is attached to this email as a PDF.

  For: {{service_name}}
  Amount: {{amount}}
  Invoice: {{invoice_number}}
  Payment reference: {{reference}}

Please keep the invoice for your records.

With warm wishes,
  {{organisation_name}}
$$, $$
<h1>Thank you for your payment</h1>
<p>Dear {{client_name}},</p>
<p>We have received your payment. Your invoice is attached to this email as a PDF.</p>
<table>
<tr><th>For</th><td>{{service_name}}</td></tr>
<tr><th>Amount</th><td><strong>{{amount}}</strong></td></tr>
<tr><th>Invoice</th><td>{{invoice_number}}</td></tr>
<tr><th>Payment reference</th><td>{{reference}}</td></tr>
</table>
<p>Please keep the invoice for your records.</p>
$$),
('hold_expired', 'The time we were holding for you is free again', $$
Dear {{client_name}},

We were holding {{start_client}} for your {{service_name}}, but no payment reached us in time, so that
time is open to others again.

If you would still like to meet us, please choose a time. It takes a minute:
  {{choose_url}}

If you did pay, do not pay again. We will see the payment and either confirm your appointment or send
the money back.

With warm wishes,
  {{organisation_name}}
$$, $$
<h1>The time we were holding is free again</h1>
<p>Dear {{client_name}},</p>
<p>We were holding <strong>{{start_client}}</strong> for your {{service_name}}, but no payment reached
us in time, so that time is open to others again.</p>
<p>If you would still like to meet us, please choose a time. It takes a minute.</p>
<button href="{{choose_url}}">Choose a time</button>
<p>If you did pay, do not pay again. We will see the payment and either confirm your appointment or
send the money back.</p>
$$)
), look (step, tag, with_style) AS (VALUES
(1, '<h1>', '<h1 style="margin:0 0 20px;font-size:24px;line-height:1.3;color:#0d5759">'),
(2, '<h2>', '<h2 style="margin:28px 0 12px;font-size:18px;line-height:1.3;color:#1c232d">'),
(3, '<p>', '<p style="margin:0 0 16px">'),
(4, '<ul>', '<ul style="margin:0 0 16px;padding-left:22px">'),
(5, '<li>', '<li style="margin:0 0 8px">'),
(6, '<table>', '<table cellpadding="0" cellspacing="0" width="100%" style="margin:4px 0 20px;'
    'border-collapse:collapse;background:#f3f8f8;border-left:4px solid #0d5759">'),
(7, '<th>', '<th scope="row" align="left" valign="top" style="padding:8px 12px 8px 16px;'
    'width:130px;font-weight:normal;color:#4d5864">'),
(8, '<td>', '<td valign="top" style="padding:8px 16px 8px 0;word-break:break-word">'),
(9, '<button ', '<p style="margin:8px 0 24px"><a style="display:inline-block;padding:13px 22px;'
    'border-radius:6px;background:#0d5759;color:#ffffff;font-weight:bold;text-decoration:none" '),
(10, '</button>', '</a></p>'),
(11, '<a href', '<a style="color:#0d5759" href')
), page (head, foot) AS (VALUES (
$$<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{{organisation_name}}</title>
</head>
<body style="margin:0;padding:0;background:#eef1f3">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#eef1f3">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="600" cellpadding="0" cellspacing="0"
 style="width:100%;max-width:600px;background:#ffffff;border-radius:8px;
 font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.55;
 color:#1c232d">
<tr><td style="padding:24px 32px 0;font-size:15px;font-weight:bold">{{organisation_name}}</td></tr>
<tr><td style="padding:20px 32px 12px">$$,
$$<p style="margin:8px 0 16px">With warm wishes,<br>{{organisation_name}}</p>
</td></tr>
<tr><td style="padding:16px 32px 24px;border-top:1px solid #dfe3e7;font-size:13px;color:#4d5864">
You receive this message because you asked {{organisation_name}} for an appointment.
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
$$)), dressed (key, step, html) AS (
    SELECT key, 0, body_html FROM email
    UNION ALL
    SELECT d.key, l.step, replace(d.html, l.tag, l.with_style)
    FROM dressed AS d JOIN look AS l ON l.step = d.step + 1
)
INSERT INTO message_template (key, channel, locale, subject, body_text, body_html)
SELECT e.key, 'email', 'en', e.subject,
    regexp_replace(ltrim(e.body_text, E'\n'), '(?<!\n)\n(?=[^\n -])', ' ', 'g'),
    page.head || d.html || page.foot
FROM email AS e JOIN dressed AS d USING (key), page
WHERE d.step = (SELECT max(step) FROM look)
ON CONFLICT (key, channel, locale) DO UPDATE
SET subject = EXCLUDED.subject, body_text = EXCLUDED.body_text, body_html = EXCLUDED.body_html;
