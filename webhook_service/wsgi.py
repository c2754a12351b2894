"""What gunicorn serves: each worker process makes its own app, with its own connections."""

from webhook_service import create_app
from webhook_service.config import Config

app = create_app(Config.load())
