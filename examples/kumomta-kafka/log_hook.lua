-- KumoMTA: every log record into the topic that Desist reads. Records have no key: Desist re-keys them by recipient.
local kumo = require 'kumo'

kumo.on('init', function()
  kumo.configure_log_hook { name = 'desist' }
end)

kumo.on('should_enqueue_log_record', function(msg, hook_name)
  local record = msg:get_meta 'log_record'
  -- Deliveries of log records themselves are no mail.
  if hook_name ~= 'desist' or record.reception_protocol == 'LogRecord' then
    return false
  end
  msg:set_meta('queue', 'desist.kafka')
  return true
end)

kumo.on('get_queue_config', function(domain, tenant, campaign, routing_domain)
  if domain == 'desist.kafka' then
    return kumo.make_queue_config {
      protocol = { custom_lua = { constructor = 'make.desist.kafka' } },
    }
  end
end)

kumo.on('make.desist.kafka', function(domain, tenant, campaign)
  local producer = kumo.kafka.build_producer { ['bootstrap.servers'] = 'kafka:9092' }
  local connection = {}
  function connection:send(message)
    producer:send { topic = 'kumomta-log', payload = message:get_data(), timeout = '1 minute' }
    return '250 ok'
  end
  function connection:close()
    producer:close()
  end
  return connection
end)
